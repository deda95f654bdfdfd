import HealthModel
import Testing

/// DigiD under attack: by turns reachable, three times on one day, with all that needs it.
@Suite struct AttackTests {
    private static let attacks = [
        minutes(30)..<minutes(210), minutes(330)..<minutes(420), minutes(540)..<minutes(585),
    ]

    /// DigiD, March 2025: three hours, an hour and a half, three quarters of an hour.
    ///
    /// Every other probe of DigiD fails, and five minutes later those of MijnOverheid, which shares its
    /// platform. Six changes are flapping, and reach the limit after six minutes (Icinga's weights:
    /// five are 28.5 %, six 33.9 %), before anything has held for two minutes. So the desk hears
    /// `critical` of DigiD; MijnOverheid makes the platform the root, which is a page for whoever is on
    /// call and an update for the desk.
    ///
    /// In the first attack everything that needs DigiD fails from the 20th minute on. All of it is
    /// this incident: no page, and an update at each doubling, at least five minutes apart: at 4
    /// services (tier 0), with all of tier 1, and with those of tier 2. Tier 3 is too few for another.
    ///
    /// Each incident ends once, half an hour after the last change counts. The third one is a
    /// recurrence of the platform and says so.
    @Test func threeAttacksAreThreeIncidentsOfThePlatform() throws {
        let drill = try Drill()
        let dependants = Self.dependants(of: "digid", in: drill.catalogue)
        drill.world = { endpoint, slot, _ in
            guard let number = Self.attacks.firstIndex(where: { $0.contains(slot) }) else {
                return Drill.Answer()
            }
            let since = slot - Self.attacks[number].lowerBound
            let isTurn = (slot / 60) % 2 == 0
            let name = endpoint.service.text
            let isOut =
                name == "digid" && isTurn || name == "mijnoverheid" && since >= 300 && isTurn
                || number == 0 && since >= minutes(20) && name != "mijnoverheid"
                    && dependants.contains(name)
            return Drill.Answer(reason: isOut ? .httpStatus : nil)
        }
        drill.play(until: minutes(660))
        let each = ["page", "update", "partly", "over"]
        #expect(drill.phases("on-call") == each + each + each)
        // The desk, who takes what is critical too, hears of DigiD before the platform is the cause.
        let desk = drill.phases("desk").filter { $0 != "page" }
        #expect(
            desk.filter { $0 == "critical" || $0 == "over" } == [
                "critical", "over", "critical", "over", "critical", "over",
            ])
        // Nobody is left out.
        #expect(drill.named("on-call").isSuperset(of: ["digid", "mijnoverheid"]))
        #expect(drill.named("on-call").isSuperset(of: dependants))
        #expect(
            drill.causes.map(\.root.description)
                == Array(repeating: "platform/logius-platform", count: 3))
        #expect(drill.causes.map(\.occurrence) == [1, 2, 3])
        let first = try #require(drill.causes.first)
        #expect(Set(first.services.map(\.text)) == dependants.union(["digid"]))
        #expect(dependants.count >= 28)
        let third = drill.told("on-call").last { $0.word == "page" }
        #expect(third?.notification.text.contains("Incident number 3 in 7 days.") == true)
        drill.expectBalance()
    }

    /// What needs a service by hard or login edges, directly or not, and is probed.
    private static func dependants(of root: String, in catalogue: ServiceCatalogue) -> Set<String> {
        var found: Set<ServiceID> = [ServiceID(root)]
        var isGrowing = true
        while isGrowing {
            let more = catalogue.services.filter { service in
                !found.contains(service.id) && !catalogue.endpoints(of: service.id).isEmpty
                    && service.dependencies.contains {
                        [.hard, .login].contains($0.kind) && found.contains($0.service)
                    }
            }
            isGrowing = !more.isEmpty
            found.formUnion(more.map(\.id))
        }
        return Set(found.map(\.text)).subtracting([root])
    }
}
