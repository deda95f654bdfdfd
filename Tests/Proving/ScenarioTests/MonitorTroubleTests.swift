import HealthModel
import Testing
import YAMLReading

@testable import Catalogue

/// The monitor's own trouble: its line, its receivers, and its own death.
@Suite struct MonitorTroubleTests {
    /// The uplink is gone for ten minutes: one page for blindness and its end, for each receiver, also
    /// the one that shares nothing with us; none about others.
    @Test(arguments: [true, false]) func theUplinkIsLost(hasControls: Bool) throws {
        let text = "defaults: {controls: ['https://a.example/', 'https://b.example/']}\n"
        let read = try CatalogueReader.read([SourceFile(path: "f", text: text)]).catalogue
        let drill = try Drill(controls: hasControls ? read.controls : [])
        let lost = minutes(20)..<minutes(30)
        drill.world = { endpoint, _, second in
            let isControl = read.controls.contains { $0.id == endpoint.id }
            return lost.contains(second)
                ? Drill.Answer(reason: .timeoutConnect, takes: isControl ? 5 : 10) : Drill.Answer()
        }
        drill.play(until: minutes(60))
        for receiver in ["on-call", "desk", "machine", "watchdog"] {
            #expect(drill.lines(receiver) == ["page monitor", "over monitor"])
        }
        let told = try #require(drill.told("on-call").first).second - lost.lowerBound
        #expect(told <= (hasControls ? 50 : 140))
        #expect(drill.causes == [])
        drill.expectBalance()
    }

    /// A receiver takes nothing for an hour: what it missed comes within its longest rest (75 s), each
    /// thing once and in order; the others are not delayed.
    @Test func aReceiverIsDownForAnHour() throws {
        let drill = try Drill()
        let deaf = minutes(10)..<minutes(70)
        drill.world = { endpoint, slot, _ in
            let isOut =
                endpoint.isOf(["digid"]) && (minutes(15)..<minutes(25)).contains(slot)
                || endpoint.isOf(["kvk"]) && (minutes(40)..<minutes(100)).contains(slot)
            return Drill.Answer(reason: isOut ? .connectRefused : nil)
        }
        drill.play(until: deaf.lowerBound)
        drill.deaf = ["on-call"]
        drill.play(until: deaf.upperBound)
        #expect(drill.lines("on-call") == [])
        #expect(drill.lines("desk") == ["page digid", "over digid", "page kvk"])
        drill.deaf = []
        drill.play(until: minutes(120))
        #expect(drill.lines("on-call") == ["page digid", "over digid", "page kvk", "over kvk"])
        #expect(drill.lines("desk") == drill.lines("on-call"))
        for one in drill.told("on-call").prefix(3) {
            #expect((deaf.upperBound...deaf.upperBound + 80).contains(one.second))
        }
        drill.expectBalance()
    }

    /// The monitor is dead from the 20th to the 80th minute.
    ///
    /// `kvk` was told before and healed meanwhile: its end is told when it has been measured. `svb` was
    /// told before and still fails: not told again. `cjib` failed meanwhile: a page, after its hold
    /// time. `bag` failed and healed meanwhile: nobody saw it, nobody is told.
    @Test func theMonitorIsDeadForAnHour() throws {
        let drill = try Drill()
        let outages: [String: Range<Int64>] = [
            "kvk": minutes(5)..<minutes(45), "svb": minutes(8)..<minutes(120),
            "cjib": minutes(40)..<minutes(120), "bag": minutes(30)..<minutes(60),
        ]
        drill.world = { endpoint, slot, _ in
            let isOut = outages[endpoint.service.text]?.contains(slot) == true
            return Drill.Answer(reason: isOut ? .connectRefused : nil)
        }
        drill.play(until: minutes(20))
        #expect(drill.lines("on-call").sorted() == ["page kvk", "page svb"])
        try drill.die(for: minutes(60))
        drill.play(until: minutes(140))
        #expect(drill.lines("on-call").dropFirst(2).prefix(2) == ["over kvk", "page cjib"])
        #expect(drill.lines("on-call").dropFirst(4).sorted() == ["over cjib", "over svb"])
        #expect(drill.lines("desk") == drill.lines("on-call"))
        let page = try #require(drill.told("on-call").dropFirst(3).first)
        #expect((minutes(84)...minutes(87)).contains(page.second))
        drill.expectBalance()
    }
}
