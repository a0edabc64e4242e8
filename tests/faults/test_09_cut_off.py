"""Row 9: worker and brokers are cut off from each other, one way, both ways, or again and again. Nothing wrong is written
meanwhile; afterwards the worker recovers within twice its time-outs. What was held up arrives late, EndTxn requests among it."""
import scenario

SOCKET, SESSION, TRANSACTION = 2, 3, 6
TIMEOUTS = ("-X", f"socket.timeout.ms={SOCKET}000", "-X", f"session.timeout.ms={SESSION}000", "-X", "heartbeat.interval.ms=500",
            "--transaction-timeout", f"{TRANSACTION}s")
NOTICED = r"kafka\.\w+ .*(timed out|Disconnected|down)|transaction\."
SOON = 2 * (SOCKET + SESSION + TRANSACTION)


class Cut(scenario.Scenario):
    row = 9

    def begin(self):
        line = self.watched_line(partitions=2)
        worker = self.worker(line, *TIMEOUTS, proxied=True)
        self.split(line, 6)
        self.wait_recovered(line)
        return line, worker

    def cut(self, up, down):
        line, worker = self.begin()
        self.links.stall(up=up, down=down)
        self.split(line, 15)
        self.links.wait("stalled", 1, scenario.RECOVER_SECONDS)
        seen = len(worker.err)
        worker.wait_line(NOTICED, scenario.RECOVER_SECONDS, after=seen)
        before = line.oracle.reader.results
        worker.wait_line(NOTICED, scenario.RECOVER_SECONDS, after=len(worker.err))
        self.assertEqual(line.oracle.reader.results, before, "progress while cut off")
        self.hit(self.links.seen["stalled"], "messages held up")
        self.links.heal()
        self.healed()
        self.split(line, 6)
        self.finish(line, worker)
        self.assertLess(self.seconds, SOON, "recovered later than twice the time-outs")

    @scenario.fast
    def test_cut_off_both_ways(self):
        self.cut(up=True, down=True)

    def test_cut_off_on_the_way_to_the_broker(self):
        self.cut(up=True, down=False)

    def test_cut_off_on_the_way_back(self):
        self.cut(up=False, down=True)

    def test_flapping(self):
        line, worker = self.begin()
        for turn in range(1, 9):
            self.links.stall(up=turn % 2 == 0, down=True)
            self.split(line, 3)
            self.links.wait("stalled", turn, scenario.RECOVER_SECONDS)
            self.links.heal()
        self.hit(8, "times cut off")
        self.healed()
        self.finish(line, worker)

    @scenario.fast
    def test_connections_reset(self):
        line, worker = self.begin()
        for _ in range(5):
            seen = len(worker.err)
            self.split(line, 3)
            self.links.reset()
            worker.wait_line(r"kafka\.|transaction\.|lane\.commit", scenario.RECOVER_SECONDS, after=seen)
        self.hit(5, "resets")
        self.healed()
        self.finish(line, worker)

    @scenario.sizes(3)
    def test_one_of_three_brokers_cut_off(self):
        line, worker = self.begin()
        consumer = line.consumer()
        leader = consumer.list_topics(line.topic("statements")).topics[line.topic("statements")].partitions[0].leader
        consumer.close()
        self.links.stall(only=leader - 1)
        self.split(line, 10)
        self.links.wait("stalled", 1, scenario.RECOVER_SECONDS)
        self.hit(self.links.seen["stalled"], "messages held up")
        worker.wait_line(NOTICED, scenario.RECOVER_SECONDS)
        self.links.heal()
        self.healed()
        self.split(line, 5)
        self.finish(line, worker)
