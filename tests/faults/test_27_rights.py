"""Row 27: a worker loses a right in the middle of a transaction, on its lane, its transactional id or its group; or its certificate
expires. It ends by itself with 78 and says what it may not, does not try on, and leaves nothing half done. Kafka looks at a
certificate when a connection is made, and not again: the worker stays at work behind its expiry, until brokers restart in turn and
none lets it in."""
import time

import access
import harness
import scenario

LASTING = 30  # seconds of a certificate: long enough to begin with, on a busy machine too


class Rights(access.Secured, scenario.Scenario):
    row = 27
    user = "w1"

    def granted_line(self, partitions):
        line = self.watched_line(partitions)
        self.grant(line, f"classify=User:{self.user}")
        return line

    def heir(self, line):
        """Another worker, with what the first one lost."""
        self.healed()
        heir = self.worker(line, env=self.as_user(self.user))
        self.split(line, 4)
        self.finish(line, heir)

    # -- a right

    def taken(self, line, point, error, *right):
        """The right is taken while a transaction is held at the point, with records that are undecided."""
        worker = self.worker(line, env=self.as_user(self.user), point=f"{point}:3:hold", stdin=scenario.PIPE)
        self.split(line, 4)
        worker.wait_line(r"lane\.commit partition=\d+ size=[1-9]", scenario.RECOVER_SECONDS)  # the second; the first one was empty
        self.split(line, 4)
        worker.wait_line(f"failpoint {point} hit", scenario.RECOVER_SECONDS)
        harness.until(lambda: self.undecided(line), "records of the transaction", scenario.RECOVER_SECONDS)
        with self.ends(worker, rf"not allowed to this user \({error}\).*topics list --acl"):
            self.cluster.forbid(self.user, *right)
            self.release(worker)
        self.no_crash(worker)
        self.hit(1, error)
        self.cluster.allow(self.user, *right)
        self.heir(line)
        self.hit(line.oracle.aborted(), "aborted records")

    def undecided(self, line):
        return len(line.records("attributions", committed=False)) > len(line.records("attributions"))

    def test_to_write_the_lanes(self):
        line = self.granted_line(partitions=1)
        error = "TOPIC_AUTHORIZATION_FAILED"
        self.taken(line, "before-commit-record", error, "topic", line.topic("attributions"), "Write")

    @scenario.fast
    def test_to_use_the_transactional_id(self):
        line = self.granted_line(partitions=1)
        error, name = "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", f"{line.prefix}classify.{line.prefix}classify.1"
        self.taken(line, "after-flush", error, "transactional-id", name, "Write")

    def test_to_be_in_the_group(self):
        line = self.granted_line(partitions=1)
        error, name = "GROUP_AUTHORIZATION_FAILED", f"{line.prefix}classify"
        self.taken(line, "after-flush", error, "group", name, "Read")

    # -- the certificate

    def test_its_certificate_expires(self):
        line = self.granted_line(partitions=2)
        env = self.as_user(self.user, seconds=LASTING)
        expired = time.monotonic() + LASTING
        worker = self.worker(line, env=env)
        self.split(line, 4)
        self.wait_recovered(line, worker)
        harness.until(lambda: time.monotonic() > expired, "the certificate to expire")
        self.split(line, 4)
        self.wait_recovered(line, worker)
        self.split(line, 8)
        with self.ends(worker, r"does not let this client in.*alert"):
            for node in range(1, self.nodes + 1):
                self.restart_node(node)
        self.no_crash(worker)
        self.hit(1, "a certificate refused")
        self.heir(line)
