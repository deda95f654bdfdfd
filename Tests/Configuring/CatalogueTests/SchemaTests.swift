import Foundation
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct SchemaTests {
    /// The keys of the object at `path` in the schema of a directory.
    private func keys(
        _ directory: String, _ path: String..., of name: String = "schema.json"
    ) throws -> Set<String> {
        let file = repository.appendingPathComponent(directory).appendingPathComponent(name)
        var object = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        for name in path {
            if let index = Int(name) {
                object = try #require(object as? [Any])[index]
            } else {
                object = try #require((object as? [String: Any])?[name])
            }
        }
        let schema = try #require(object as? [String: Any])
        #expect(schema["additionalProperties"] as? Bool == false)
        return Set(try #require(schema["properties"] as? [String: Any]).keys)
    }

    private func names<Key: FieldKey>(_ type: Key.Type) -> Set<String> {
        Set(Key.allCases.map(\.rawValue))
    }

    @Test func `the schema of probes knows the keys of the reader, and no others`() throws {
        #expect(try keys("probes") == names(CatalogueFileKey.self))
        #expect(try keys("probes", "$defs", "defaults") == names(DefaultsKey.self))
        #expect(try keys("probes", "$defs", "service") == names(ServiceKey.self))
        #expect(try keys("probes", "$defs", "localized_text") == names(LocalizedTextKey.self))
        #expect(try keys("probes", "$defs", "dependency") == names(DependencyKey.self))
        #expect(try keys("probes", "$defs", "header_pattern") == names(HeaderPatternKey.self))
        let endpoint = ["$defs", "endpoint", "properties"]
        #expect(try keys("probes", "$defs", "endpoint") == names(EndpointKey.self))
        #expect(
            try keys("probes", endpoint[0], endpoint[1], endpoint[2], "phase_timeouts")
                == names(PhaseTimeoutsKey.self))
        #expect(
            try keys("probes", endpoint[0], endpoint[1], endpoint[2], "redirects")
                == names(RedirectsKey.self))
        #expect(
            try keys("probes", endpoint[0], endpoint[1], endpoint[2], "body_bytes")
                == names(BodyBytesKey.self))
        #expect(
            try keys("probes", endpoint[0], endpoint[1], endpoint[2], "client_certificate")
                == names(ClientCertificateKey.self))
    }

    @Test func `the schema of alerts knows the keys of the reader, and no others`() throws {
        #expect(try keys("alerts") == names(RuleFileKey.self))
        #expect(try keys("alerts", "$defs", "rule") == names(RuleKey.self))
        #expect(try keys("alerts", "$defs", "receiver") == names(ReceiverKey.self))
        #expect(
            try keys("alerts", "$defs", "receiver", "properties", "email") == names(EmailKey.self))
        #expect(try keys("alerts", "$defs", "localized_text") == names(LocalizedTextKey.self))
        #expect(try keys("alerts", "$defs", "condition") == names(ConditionKey.self))
        #expect(
            try keys("alerts", "$defs", "condition", "properties", "slow") == names(SlowKey.self))
        #expect(
            try keys("alerts", "$defs", "rule", "properties", "only_for") == names(ScopeKey.self))
        for key in ["for", "level"] {
            #expect(
                try keys("alerts", "$defs", "rule", "properties", key, "oneOf", "1")
                    == names(TierKey.self))
        }
    }

    @Test func `the schema of tests knows the keys of the reader, and no others`() throws {
        func keys(_ path: String...) throws -> Set<String> {
            switch path.count {
            case 0: try self.keys("alerts", of: "test.schema.json")
            case 1: try self.keys("alerts", "$defs", path[0], of: "test.schema.json")
            default:
                try self.keys(
                    "alerts", "$defs", path[0], "properties", path[1], "items",
                    of: "test.schema.json")
            }
        }
        #expect(try keys() == names(RuleTestFileKey.self))
        #expect(try keys("case") == names(RuleTestCaseKey.self))
        #expect(try keys("check") == names(RuleTestCheckKey.self))
        #expect(try keys("check", "alerts") == names(ExpectedAlertKey.self))
        #expect(try keys("check", "notifications") == names(ExpectedNotificationKey.self))
        #expect(try keys("check", "incidents") == names(ExpectedIncidentKey.self))
        #expect(try keys("service") == names(TestServiceKey.self))
        #expect(try keys("service", "endpoints") == names(TestEndpointKey.self))
        #expect(try keys("service", "depends_on") == names(DependencyKey.self))
        #expect(try keys("receiver") == names(ReceiverKey.self))
    }

    /// Reads the YAML as editors do (YAML 1.2, core schema) and validates every file.
    private static let validator = """
        import glob, json, os, re, sys
        try:
            import jsonschema, yaml
        except ImportError:
            sys.exit(77)
        class Core(yaml.SafeLoader):
            pass
        Core.yaml_implicit_resolvers = {}
        for tag, pattern, first in [
            ("bool", "^(true|True|TRUE|false|False|FALSE)$", "tTfF"),
            ("int", "^[-+]?[0-9]+$", "-+0123456789"),
            ("float", r"^[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?$", "-+.0123456789"),
            ("null", "^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ]:
            Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), list(first))
        bad = 0
        for directory in sys.argv[1:]:
            validators = {}
            for name in glob.glob(os.path.join(directory, "*schema.json")):
                with open(name) as file:
                    schema = json.load(file)
                jsonschema.Draft202012Validator.check_schema(schema)
                validators[os.path.basename(name)] = jsonschema.Draft202012Validator(schema)
            paths = glob.glob(os.path.join(directory, "**", "*.yml"), recursive=True)
            bad += not paths
            for path in paths:
                is_test = path.endswith(".test.yml")
                validator = validators["test.schema.json" if is_test else "schema.json"]
                with open(path) as file:
                    for error in validator.iter_errors(yaml.load(file, Core)):
                        bad += 1
                        print(path, error.json_path, error.message)
        sys.exit(bad != 0)
        """

    @Test func `the shipped files are valid by their schemas`() throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.validator, shipped("probes"), shipped("alerts")]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // 77: no jsonschema or yaml in this python3; 127: no python3 at all.
        if [77, 127].contains(process.terminationStatus) {
            print("skipped: python3 with jsonschema and yaml is not installed")
            return
        }
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
