import Glibc
import HealthModel
import Synchronization
import TestSupport
import Testing

@testable import PollLoop

@Suite struct PollLoopTests {
    /// Notes what happens, in order, from any thread.
    final class Notes: Sendable {
        private let values = Mutex<[Int]>([])
        var all: [Int] { values.withLock { $0 } }
        func add(_ value: Int) { values.withLock { $0.append(value) } }
    }

    /// Runs `job` on a loop and waits until it calls its argument; then ends the loop.
    private func onLoop(
        _ job: @escaping @Sendable (PollLoop, @escaping @Sendable () -> Void) -> Void
    ) async throws {
        let loop = try PollLoop(name: "a name longer than Linux keeps", timekeeper: SteadyClock())
        loop.start()
        await withCheckedContinuation { continuation in
            loop.post { job(loop) { continuation.resume() } }
        }
        loop.stop()
        loop.join()
    }

    @Test func jobsOfOneThreadRunInTheirOrder() async throws {
        let notes = Notes()
        let loop = try PollLoop(name: "test", timekeeper: SteadyClock())
        // Some before the start: they wait for it.
        for number in 0..<10 { loop.post { notes.add(number) } }
        loop.start()
        await withTaskGroup { group in
            for thread in 1...4 {
                group.addTask {
                    for number in 0..<1000 { loop.post { notes.add(thread * 10_000 + number) } }
                }
            }
        }
        loop.stop()
        loop.join()
        let all = notes.all
        #expect(all.count == 4010)
        for thread in 0...4 {
            let own = all.filter { $0 / 10_000 == thread }
            #expect(own == own.sorted())
        }
    }

    @Test func jobPostedByAJobRuns() async throws {
        try await onLoop { loop, done in
            loop.post { loop.post { loop.post(done) } }
        }
    }

    @Test func timersFireInOrderAndNeverEarly() async throws {
        let notes = Notes()
        try await onLoop { loop, done in
            let now = SteadyClock().monotonicNanoseconds()
            for (number, milliseconds) in [30, 10, 20, 10, -5].enumerated() {
                let deadline = now + Int64(milliseconds) * 1_000_000
                loop.schedule(atMonotonicNanoseconds: deadline) {
                    if SteadyClock().monotonicNanoseconds() >= deadline { notes.add(number) }
                }
            }
            let never = loop.schedule(atMonotonicNanoseconds: now + 15_000_000) { notes.add(99) }
            loop.cancel(never)
            loop.cancel(never)
            loop.schedule(atMonotonicNanoseconds: now + 40_000_000, handler: done)
        }
        #expect(notes.all == [4, 1, 3, 2, 0])
    }

    /// A timer that sets itself again for now must leave room for everything else.
    @Test func timersForNowDoNotStarveTheMailbox() async throws {
        final class Spinner {
            var turns = 0
            func spin(on loop: PollLoop) {
                turns += 1
                loop.schedule(atMonotonicNanoseconds: 0) { self.spin(on: loop) }
            }
        }
        try await onLoop { loop, done in
            Spinner().spin(on: loop)
            loop.post { loop.post(done) }
        }
    }

    @Test func timerCancelledByAnotherOfTheSameTurn() async throws {
        let notes = Notes()
        try await onLoop { loop, done in
            let now = SteadyClock().monotonicNanoseconds()
            final class Box { var timer: PollLoop.TimerID? }
            let box = Box()
            loop.schedule(atMonotonicNanoseconds: now - 2) {
                if let timer = box.timer { loop.cancel(timer) }
            }
            box.timer = loop.schedule(atMonotonicNanoseconds: now - 1) { notes.add(1) }
            loop.schedule(atMonotonicNanoseconds: now + 5_000_000, handler: done)
        }
        #expect(notes.all.isEmpty)
    }

    @Test func endOfTurnRunsAfterEventsTimersAndJobs() async throws {
        let notes = Notes()
        try await onLoop { loop, done in
            let count = Notes()
            loop.atEndOfTurn {
                notes.add(9)
                if count.all.isEmpty {
                    count.add(1)
                    loop.post {
                        notes.add(1)
                        done()
                    }
                }
            }
        }
        #expect(notes.all.prefix(2) == [9, 1])
    }

    /// Both ends are ready in one turn; the first handler unwatches and closes the other, and
    /// its number is used again: the event of the old one must not reach the new one.
    @Test func staleEventsAreDropped() async throws {
        let notes = Notes()
        try await onLoop { loop, done in
            final class Box { var registrations: [PollLoop.Registration] = [] }
            let box = Box()
            let pipes = [Self.makePipe(), Self.makePipe()]
            for (number, pipe) in pipes.enumerated() {
                Self.sendByte(pipe.1)
                let registration = try? loop.watch(pipe.0, for: .readable) { _ in
                    notes.add(number)
                    let other = 1 - number
                    loop.unwatch(box.registrations[number])
                    loop.unwatch(box.registrations[other])
                    loop.unwatch(box.registrations[other])
                    // Its own number again, with nothing to read.
                    let fresh = Self.makePipe()
                    dup2(fresh.0, pipes[other].0)
                    _ = try? loop.watch(pipes[other].0, for: .readable) { _ in notes.add(100) }
                    // Stale: the place now belongs to the new one.
                    loop.update(box.registrations[other], for: .writable)
                    loop.unwatch(box.registrations[other])
                    loop.schedule(
                        atMonotonicNanoseconds: SteadyClock().monotonicNanoseconds() + 20_000_000
                    ) {
                        Self.sendByte(fresh.1)
                        loop.schedule(
                            atMonotonicNanoseconds: SteadyClock().monotonicNanoseconds()
                                + 20_000_000,
                            handler: done)
                        loop.atEndOfTurn(nil)
                        for descriptor in [pipe.0, pipe.1, fresh.0] { close(descriptor) }
                    }
                }
                if let registration { box.registrations.append(registration) }
            }
        }
        // One old event, and the new one only after it was written to.
        #expect(notes.all.first.map { $0 < 2 } == true)
        #expect(notes.all.dropFirst().allSatisfy { $0 == 100 })
        #expect(notes.all.count >= 2)
    }

    @Test func watchingTheSameOrNoDescriptorIsAnError() async throws {
        let notes = Notes()
        try await onLoop { loop, done in
            let pipe = Self.makePipe()
            let first = try? loop.watch(pipe.0, for: .readable) { _ in }
            if first != nil { notes.add(1) }
            do throws(PollLoopError) {
                _ = try loop.watch(pipe.0, for: .readable) { _ in }
            } catch {
                if error.number == EEXIST && error.call == "epoll_ctl" { notes.add(2) }
            }
            do throws(PollLoopError) {
                _ = try loop.watch(-1, for: .readable) { _ in }
            } catch {
                if error.number == EBADF { notes.add(3) }
            }
            // After a failure the place is free again.
            if let first { loop.unwatch(first) }
            if (try? loop.watch(pipe.0, for: .readable) { _ in }) != nil { notes.add(4) }
            close(pipe.0)
            close(pipe.1)
            done()
        }
        #expect(notes.all == [1, 2, 3, 4])
    }

    @Test func writableAndFailed() async throws {
        let notes = Notes()
        try await onLoop { loop, done in
            let pipe = Self.makePipe()
            final class Box { var registration: PollLoop.Registration? }
            let box = Box()
            box.registration = try? loop.watch(pipe.1, for: .writable) { events in
                if events == .writable {
                    notes.add(1)
                    if let registration = box.registration { loop.update(registration, for: []) }
                    close(pipe.0)
                } else {
                    notes.add(events.isDisjoint(with: .failed) ? 3 : 2)
                    if let registration = box.registration { loop.unwatch(registration) }
                    close(pipe.1)
                    done()
                }
            }
        }
        #expect(notes.all == [1, 2])
    }

    @Test func stopMayComeOftenAndEarly() throws {
        let notes = Notes()
        let loop = try PollLoop(name: "test", timekeeper: SteadyClock())
        loop.post { notes.add(1) }
        loop.stop()
        loop.start()
        loop.stop()
        loop.join()
        loop.join()
        #expect(notes.all == [1])
    }

    @Test func everythingIsReleasedAtTheEnd() async throws {
        final class Canary: Sendable {}
        weak var canary: Canary?
        weak var released: PollLoop?
        do {
            let held = Canary()
            canary = held
            let loop = try PollLoop(name: "test", timekeeper: SteadyClock())
            released = loop
            loop.start()
            loop.post {
                loop.schedule(atMonotonicNanoseconds: .max) { _ = (held, loop) }
                loop.atEndOfTurn { _ = (held, loop) }
                let pipe = Self.makePipe()
                _ = try? loop.watch(pipe.0, for: .readable) { _ in _ = (held, loop) }
                close(pipe.1)
            }
            loop.stop()
            loop.join()
        }
        #expect(canary == nil)
        #expect(released == nil)
    }

    @Test func callsFromAnotherThreadTrap() async {
        await #expect(processExitsWith: .failure) {
            let loop = try PollLoop(name: "test", timekeeper: SteadyClock())
            loop.start()
            loop.schedule(atMonotonicNanoseconds: 0) {}
        }
    }

    private static func makePipe() -> (CInt, CInt) {
        var ends: [CInt] = [0, 0]
        let number = pipe(&ends)
        precondition(number == 0, "pipe")
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        return (ends[0], ends[1])
    }

    private static func sendByte(_ descriptor: CInt) {
        var byte: UInt8 = 1
        write(descriptor, &byte, 1)
    }
}
