"""Row 17: a schema that nobody here knows. (Schemas come with the program or from a folder; there is no registry on the way of a
record that could be down.) The lane waits at the record with an alarm and rejects nothing; the others go on; with the schema it
goes on."""
import struct

import harness
import scenario


class Unknown(scenario.Scenario):
    row = 17

    @scenario.fast
    def test_the_lane_waits_and_others_go_on(self):
        line = self.watched_line(partitions=2)
        line.produce("statements", b"\x00" + struct.pack(">I", 4711) + b"\x00", key=b"?", partition=0)
        self.split(line, 12)
        worker = self.worker(line)
        worker.wait_line(r"lane\.alarm.*partition=0.*4711", scenario.RECOVER_SECONDS)
        self.hit(1, "an alarm")
        line.oracle.wait_results(len(line.records("statements", partition=1)), scenario.RECOVER_SECONDS)
        self.stop(worker)
        self.assertEqual((line.results(0), line.records("rejects")), ([], []))
        folder = line.folder / "schemas"
        folder.mkdir()
        (folder / "Reject.avsc").write_bytes((harness.ROOT / "schemas" / "Reject.avsc").read_bytes())
        (folder / "registry.tsv").write_text("4711\tReject.avsc\n")
        self.healed()
        worker = self.worker(line, "--schemas", folder)
        self.wait_recovered(line)
        self.stop(worker)
        self.assertEqual([r.header("onr-reason") for r in line.records("rejects")], [b"schema"])
        self.judge(line, audit=["--signatures", "--rerun", "--schemas", folder])
