"""Row 6: an EndTxn that is late. librdkafka repeats an EndTxn whose answer does not come and does not tell; the first one, held
up on the way, then ends the next transaction (KIP-890). The proxy keeps the first EndTxn, lets the repetition pass, and hands the
kept one to the broker when the next transaction has records in the lanes. The worker counts what it sent and takes a new
producer, whose epoch fences the late one. With that guard taken away (ONR_FAULT=endtxn) the hole is open: half a block becomes
visible without its COMMIT."""
import proxy
import scenario

FENCED = {47, 90}  # INVALID_PRODUCER_EPOCH, PRODUCER_FENCED


class Late(scenario.Scenario):
    row = 6
    # A repetition comes after socket.timeout.ms; a transaction is long enough for its records to be sent before its COMMIT.
    timing = ("-X", "socket.timeout.ms=1500", "--commit-ms", "2500", "--transaction-timeout", "30s")

    def through(self, line, fault=None):
        worker = self.worker(line, *self.timing, fault=fault, proxied=True)
        held = self.links.tap(proxy.HeldEndTxn())
        self.split(line, 10)
        self.links.wait("endtxn kept", 1, scenario.RECOVER_SECONDS)
        self.split(line, 20)  # the next transaction's records
        self.links.wait("endtxn released", 1, scenario.RECOVER_SECONDS)
        return worker, held

    @scenario.fast
    def test_a_late_endtxn_is_fenced(self):
        line = self.watched_line(partitions=1)
        worker, held = self.through(line)
        self.hit(1, f"an EndTxn kept, {held.sent} sent, the late one answered {held.answer}")
        self.assertIn(held.answer, FENCED)
        worker.wait_line(r"transaction\.unclear.*EndTxn requests sent", scenario.RECOVER_SECONDS)
        self.healed()
        self.finish(line, worker)

    @scenario.fast
    def test_without_the_guard_it_ends_the_next_transaction(self):
        line = self.watched_line(partitions=1)
        worker, held = self.through(line, fault="endtxn")
        self.assertEqual(held.answer, 0, "the broker took the late EndTxn for the next transaction")
        worker.wait_line(r"INVALID_TXN_STATE", scenario.RECOVER_SECONDS)  # the rest of the block has no transaction any more
        self.hit(1, "a late EndTxn accepted")
        self.wait_recovered(line)
        self.stop(worker)
        self.judge_broken(line, "O1: .* outcomes too many")
