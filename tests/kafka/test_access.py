#!/usr/bin/python3
"""Who may do what, on a real Kafka that lets nobody in unknown and allows nothing that no ACL grants.

Each role of the line works with a certificate or a password of its own and with the rights of `topics --acl` alone; what is not its
work is refused with a sentence and exit code 78. A stolen worker's certificate without its signing key harms no lane. Rights and
certificates that end in the middle of a run end the program, cleanly and soon.
"""
import os
import re
import subprocess
import time

import access
import confluent_kafka as ck
import feed_articles as feed
import harness
import lanes


class Secured(access.Secured, harness.KafkaTest):
    users = {"desk": "split-secret", "w1": "classify-secret", "web": "follow-secret"}

    def secured_line(self, *holders):
        line = self.make_line(partitions=2)
        self.grant(line, *holders)
        return line

    def articles(self, count, start=0):
        return feed.write_jsonl(self.data / f"in-{start}.jsonl", feed.articles(self.rng, start + count)[start:])

    def refused(self, line, env, sentence, verb, *args):
        """The verb ends with 78 and says why, and did not try for long."""
        began = time.monotonic()
        done = line.run(verb, *args, env=env, expect=access.CONFIG)
        self.assertRegex(done.stderr, sentence, f"{verb} {args}")
        self.assertLess(time.monotonic() - began, access.SOON, done.stderr)


class Certificates(Secured):
    def roles(self):
        """A line with one user for each role; the witness has its key."""
        probe = self.data / "witness.key"
        line = self.secured_line(
            *("split=User:desk", "classify/1=User:w1", "classify/2=User:w2", "follow=User:web", "audit=User:auditor"),
            *("witness=User:wit", "keys=User:keeper", "topics=User:maker"),
        )
        line.run("keys", "generate", "--role", "witness", "--name", "w.example.org", "--out", probe)
        return line

    def test_each_role_does_its_work_with_its_own_certificate(self):
        line = self.roles()
        key = line.folder / "w2.key"
        made = line.run("keys", "generate", "--name", "w2.news.example", "--out", key)
        (line.folder / "w2.pub").write_text(made.stdout)
        root = line.folder / "root.key"
        line.run("topics", "check", env=self.as_user("maker"))
        line.run("keys", "add", "--root-key", root, line.folder / "w2.pub", env=self.as_user("keeper"))
        articles = self.articles(6)
        line.run("split", articles, env=self.as_user("desk"))
        line.run("split", articles, env=self.as_user("desk"))  # reads what it sent, and sends nothing again
        workers = [
            line.start("classify", "--instance", 1, env=self.as_user("w1")),
            line.start("classify", "--instance", 2, "--key", key, env=self.as_user("w2")),
        ]
        line.wait_done()
        witness = line.start(
            *("witness", "--key", self.data / "witness.key", "--state", self.data / "witness.d", "--interval", "1s"),
            env=self.as_user("wit"),
        )
        harness.until(lambda: len(line.records("witness")) >= 2, "a cosignature of each lane")
        self.assertEqual(witness.stop(), 0, witness.tail())
        followed = line.run("follow", "--once", env=self.as_user("web"))
        self.assertEqual(len(followed.stdout.splitlines()), len(line.results()))
        line.run("audit", "--signatures", "--rerun", env=self.as_user("auditor"))
        for worker in workers:
            self.assertEqual(worker.stop(), 0, worker.tail())
        retired = line.run("keys", "retire", "--root-key", root, "--quiet", "1s", "w2.news.example", env=self.as_user("keeper"))
        self.assertIn("RETIRE", retired.stderr)
        lanes.check(self, line)

    def test_what_is_not_its_work_is_refused(self):
        line = self.roles()
        root, witness = line.folder / "root.key", ("--key", self.data / "witness.key", "--state", self.data / "witness.d")
        (line.folder / "more.pub").write_text(
            line.run("keys", "generate", "--name", "more.news.example", "--out", line.folder / "more.key").stdout
        )
        denied, unseen = r"not allowed.*topics list --acl", r"(not allowed.*topics list --acl|there is no topic)"
        table = [
            ("w1", unseen, "split", self.articles(1)),
            ("desk", unseen, "classify"),
            ("w2", denied, "classify", "--instance", 1),
            ("w1", denied, "classify", "--group", "another"),
            ("web", denied, "classify"),
            ("desk", unseen, "follow", "--once"),
            ("web", unseen, "audit", "--inputs"),
            ("wit", unseen, "audit", "--inputs"),
            ("web", denied, "witness", *witness),
            ("w1", denied, "keys", "add", "--root-key", root, line.folder / "more.pub"),
            ("wit", denied, "keys", "add", "--root-key", root, line.folder / "more.pub"),
            ("desk", denied, "topics", "create"),
            ("w1", denied, "topics", "create", "--acl", "classify/1=User:w2"),
        ]
        for user, sentence, verb, *args in table:
            with self.subTest(user=user, verb=verb):
                self.refused(line, self.as_user(user), sentence, verb, *args)
        self.assertEqual(line.results() + line.commits(), [])

    def test_strangers_are_told_so_at_once(self):
        line = self.secured_line("follow=User:web")
        table = [
            ("a certificate of another authority", r"does not let this client in.*alert", self.as_user("web", authority="rogue")),
            ("a wrong password", r"does not let this client in.*Invalid username or password", self.as_user("web", "PLAIN", password="no")),
            ("another broker", r"does not let this client in.*certificate verify failed", self.other_broker()),
        ]
        for what, sentence, env in table:
            with self.subTest(what):
                self.refused(line, env, sentence, "follow", "--once")
                self.refused(line, env, sentence, "topics", "check")

    def test_plaintext_leads_nowhere_without_the_word(self):
        line = self.secured_line("follow=User:web")
        self.cluster.allow("ANONYMOUS", "topic", line.prefix, "Read", "prefixed")
        sentence = r"192\.0\.2\.1.*not this machine.*security\.protocol"
        self.refused(line, self.plaintext(), sentence, "follow", "--once")
        word = {**self.plaintext(), "ONRECORD_INSECURE_PLAINTEXT": "yes", "ONRECORD_TIMEOUT": "1s"}
        done = line.run("follow", "--once", env=word, expect=1)
        self.assertNotRegex(done.stderr, sentence)

    def other_broker(self):
        """Believes another authority than the one that signed the broker's certificate."""
        env = self.as_user("web", authority="rogue")
        mine, rogue = (f"ssl.ca.location={self.cluster.certs / name}" for name in ("ca.pem", "rogue.pem"))
        return {"ONRECORD_KAFKA": env["ONRECORD_KAFKA"].replace(mine, rogue)}

    def plaintext(self):
        return {"ONRECORD_KAFKA": "security.protocol=plaintext", "ONRECORD_BROKERS": self.cluster.in_plaintext()}

    def test_a_stolen_certificate_without_the_signing_key_harms_no_lane(self):
        line = self.secured_line("split=User:desk", "classify/1=User:w1", "classify/2=User:w2", "follow=User:web")
        line.run("split", self.articles(4), env=self.as_user("desk"))
        worker = line.start("classify", env=self.as_user("w1"))
        done = line.wait_done()
        self.thief_may_not(line, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", transactional_id=f"{line.prefix}classify.{line.prefix}classify.1")
        self.thief_may_not(line, "TOPIC_AUTHORIZATION_FAILED", topic=line.topic("keys"))
        self.thief_may_not(line, "TOPIC_AUTHORIZATION_FAILED", topic=line.topic("statements"))
        lane = self.thief({})
        for record in line.results()[:3]:  # changed copies, with the signature of the true one
            lane.produce(record.topic, record.value + b"!", record.key, partition=record.partition, headers=record.headers)
        lane.produce(line.topic("attributions"), b"nonsense", partition=0)
        self.assertEqual(lane.flush(harness.DEADLINE), 0)
        line.run("split", self.articles(2, start=4), env=self.as_user("desk"))
        harness.until(lambda: len(line.results()) >= done + 4 + 2, "work behind what the thief wrote", every=0.2)
        self.assertEqual(worker.stop(), 0, worker.tail())
        audit = line.run("audit", "--signatures", "--rerun", "--json")
        self.assertEqual(sum(found["foreign"] for found in harness.json_lines(audit.stdout)[-1]["lanes"]), 4)
        line.run("follow", "--once", env=self.as_user("web"))

    def thief(self, more):
        """Has the certificate of w2, and none of our programs."""
        quiet = {"log_level": 2, "message.timeout.ms": 10000}
        return ck.Producer({"bootstrap.servers": self.bootstrap, **quiet, **self.cluster.client("w2"), **more})

    def thief_may_not(self, line, why, topic=None, transactional_id=None):
        refused = []
        producer = self.thief({"transactional.id": transactional_id} if transactional_id else {})
        if transactional_id:
            with self.assertRaises(ck.KafkaException) as caught:
                producer.init_transactions(harness.DEADLINE)
            refused.append(caught.exception.args[0])
        else:
            producer.produce(topic, b"forged", on_delivery=lambda error, _: refused.append(error))
            producer.flush(harness.DEADLINE)
        self.assertEqual([error.name() for error in refused], [why])

    # -- in the middle of a run

    def test_a_worker_whose_rights_are_taken_stops_and_loses_nothing(self):
        holders = ("split=User:desk", "classify/1=User:w3")
        line = self.secured_line(*holders)
        worker = line.start("classify", env=self.as_user("w3"))
        worker.wait_line(r"classify\.ready")
        line.run("split", self.articles(4), env=self.as_user("desk"))
        line.wait_done()
        with self.ends(worker, r"not allowed.*topics list --acl"):
            self.cluster.forbid("w3")
            line.run("split", self.articles(4, start=4), env=self.as_user("desk"))
        self.grant(line, *holders)
        worker = line.start("classify", env=self.as_user("w3"))
        line.wait_done()
        self.assertEqual(worker.stop(), 0, worker.tail())
        lanes.check(self, line)

    def test_programs_whose_certificates_count_no_more_stop(self):
        self.cluster.trust("ca", "passing")
        self.restart_node(1)
        line = self.secured_line("split=User:desk", "classify/1=User:w4", "follow=User:web")
        worker = line.start("classify", env=self.as_user("w4", authority="passing"))
        reader = line.start("follow", env=self.as_user("web", authority="passing"))
        worker.wait_line(r"classify\.ready")
        line.run("split", self.articles(2), env=self.as_user("desk"))
        line.wait_done()
        reader.wait_line(".", stream="out")
        unwanted = r"does not let this client in.*alert"
        with self.ends(worker, unwanted), self.ends(reader, unwanted):
            self.cluster.trust("ca")
            self.restart_node(1)
        worker = line.start("classify", env=self.as_user("w4"))
        line.run("split", self.articles(2, start=2), env=self.as_user("desk"))
        line.wait_done()
        self.assertEqual(worker.stop(), 0, worker.tail())
        lanes.check(self, line)


class Passwords(Secured):
    """The same by password: PLAIN inside TLS."""

    mechanism = "PLAIN"

    def test_the_line_works_by_password(self):
        line = self.secured_line("split=User:desk", "classify=User:w1", "follow=User:web")
        line.run("split", self.articles(3), env=self.as_user("desk", self.mechanism))
        worker = line.start("classify", env=self.as_user("w1", self.mechanism))
        done = line.wait_done()
        followed = line.run("follow", "--once", env=self.as_user("web", self.mechanism))
        self.assertEqual(len(followed.stdout.splitlines()), done)
        self.assertEqual(worker.stop(), 0, worker.tail())
        env = self.as_user("desk", self.mechanism, password="guessed")
        self.refused(line, env, r"does not let this client in.*SASL authentication error", "split", self.articles(1))
        self.refused(line, self.as_user("desk", self.mechanism), r"not allowed|there is no topic", "follow", "--once")


class Scram(Passwords):
    """SCRAM-SHA-512 on 3.9.2: librdkafka 2.0.2 sends its nonce twice, and 4.x refuses that."""

    version = "3.9.2"
    mechanism = "SCRAM-SHA-512"


if __name__ == "__main__":
    harness.main()
