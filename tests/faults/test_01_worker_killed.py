"""Row 1: a worker is killed at a named point in the middle of a transaction. The same instance comes back and resumes from the
lane's last COMMIT: no wait for a time-out, nothing lost, nothing twice."""
import signal

import scenario

# Articles come one transaction each while the victim runs, so each point is passed several times before all are there.
POINTS = {
    "before_begin": "before-begin:3",
    "after_begin": "after-begin:3",
    "after_the_kth_produce": "after-produce:60",
    "before_the_commit_record": "before-commit-record:3",
    "after_the_commit_record": "after-commit-record:3",
    "after_the_flush": "after-flush:3",
    "after_the_offsets": "after-offsets:3",
    "with_endtxn_sent": "endtxn-sent:3",
    "committed_but_state_not_advanced": "committed:3",
    "between_init_and_seek": "init-seek:1",
}


class Kills(scenario.Scenario):
    row = 1

    def killed_at(self, point):
        line = self.watched_line(partitions=2)
        self.split(line, 6)
        first = self.worker(line)
        self.wait_recovered(line)
        self.stop(first)
        victim = self.worker(line, point=point)
        self.split(line, 15)
        self.assertEqual(victim.wait(scenario.RECOVER_SECONDS), -signal.SIGKILL, victim.tail())
        self.hit_point(victim, point)
        self.healed()
        heir = self.worker(line)
        self.finish(line, heir)


def add(name, point):
    def test(self):
        self.killed_at(point)

    setattr(Kills, f"test_killed_{name}", scenario.fast(test))


for _name, _point in POINTS.items():
    add(_name, _point)
