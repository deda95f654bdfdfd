import Foundation
import HealthModel
import Testing

@testable import TLSInspection

/// How old the trusted roots are, and how that is known.
@Suite struct TrustStoreDateTests {
    private static let date = Timestamp(
        year: 2025, month: 12, day: 2, hour: 4, minute: 12, second: 2)

    @Test(
        arguments: [
            (
                "## Certificate data from Mozilla last updated on: Tue Dec  2 04:12:02 2025 GMT\n",
                date
            ),
            ("##\n##  Certificate data from Mozilla as of: Tue Dec 2 04:12:02 2025 GMT\r\n", date),
            ("# Certificate data from Mozilla as of: Tue Dec 32 04:12:02 2025 GMT", nil),
            ("# Certificate data from Mozilla as of: Tue Foo  2 04:12:02 2025 GMT", nil),
            ("# Certificate data from Mozilla as of: Tue Dec  2 04:12 2025 GMT", nil),
            ("# Certificate data from Mozilla as of: Tue Dec  2 04:12:02 2025 CET", nil),
            ("# Certificate data from Mozilla", nil),
            ("Certificate data from Mozilla as of: Tue Dec  2 04:12:02 2025 GMT", nil),
            (
                "-----BEGIN CERTIFICATE-----\n"
                    + "# Certificate data from Mozilla as of: Tue Dec  2 04:12:02 2025 GMT", nil
            ),
            ("", nil),
        ] as [(String, Timestamp?)])
    func theHeadMayStateIt(head: String, wanted: Timestamp?) {
        #expect(TrustStoreDate.stated(in: head) == wanted)
    }

    /// What a file states counts before the package, and that before the time of writing.
    @Test func theBestSourceCounts() throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "vitaal-\(UUID().uuidString)")
        let package = directory.appending(path: "package")
        try FileManager.default.createDirectory(at: package, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        func write(_ name: String, _ text: String, modifiedAt second: Int64) throws -> String {
            let path = directory.appending(path: name).path
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: Double(second))],
                ofItemAtPath: path)
            return path
        }
        let file = try write("roots.pem", "", modifiedAt: 3000)
        func date(_ file: String) -> TrustStoreDate? {
            TrustStoreDate(ofFile: file, packageDirectory: package.path)
        }
        // A package without certificates says nothing.
        _ = try write("package/README", "", modifiedAt: 1)
        #expect(date(file) == TrustStoreDate(instant: Timestamp(seconds: 3000), source: .modified))
        _ = try write("package/a.crt", "", modifiedAt: 1000)
        _ = try write("package/b.crt", "", modifiedAt: 2000)
        #expect(date(file) == TrustStoreDate(instant: Timestamp(seconds: 2000), source: .packaged))
        #expect(TrustStoreDate(ofFile: file)?.source == .modified)
        // Roots are never newer than the file that holds them.
        let older = try write("older.pem", "", modifiedAt: 1500)
        #expect(date(older)?.source == .modified)
        let line = "# Certificate data from Mozilla as of: Tue Dec  2 04:12:02 2025 GMT\n"
        let stated = try write("stated.pem", line, modifiedAt: 3000)
        #expect(date(stated)?.source == .stated)
        #expect(date(stated)?.instant == Self.date)
        // Beyond the head nothing is sought.
        for (padding, wanted) in [
            (TrustStoreDate.headBytes - line.utf8.count, TrustStoreDate.Source.stated),
            (TrustStoreDate.headBytes - line.utf8.count + 3, .packaged),
        ] {
            let text = String(repeating: "#", count: padding - 1) + "\n" + line
            let path = try write("long.pem", text, modifiedAt: 3000)
            #expect(date(path)?.source == wanted, "\(padding)")
        }
        #expect(date(directory.appending(path: "missing").path) == nil)
    }

    /// A year is not old yet; a nanosecond more is.
    @Test func ageHasALimit() {
        let date = TrustStoreDate(instant: Timestamp(seconds: 0), source: .packaged)
        let year = Timestamp(seconds: 365 * 86_400)
        #expect(!date.isOld(at: year))
        #expect(date.isOld(at: year + .nanoseconds(1)))
        #expect(!date.isOld(at: Timestamp(seconds: -5)))
        #expect(
            date.text(at: year).english
                == "the trusted roots are 365d old (date of the package): point --ca-file at a "
                + "newer bundle")
    }
}
