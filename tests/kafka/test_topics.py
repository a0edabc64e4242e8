#!/usr/bin/python3
"""onrecord topics on a real Kafka: makes what is missing, finds what is wrong, changes nothing that is there."""
import concurrent.futures

import confluent_kafka as ck
import harness
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

WIDTH = {"articles": None, "statements": 3, "attributions": 3, "rejects": 3, "keys": 1, "witness": 1}


class Topics(harness.KafkaTest):
    def setUp(self):
        super().setUp()
        self.line = harness.Line(self, self.bootstrap, self.data / "line", f"{self.id().rpartition('.')[2][:40]}.", 3)
        self.line.config.write_text(f"brokers = {self.bootstrap}\nprefix = {self.line.prefix}\n")
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 2})

    def create(self, *words, expect=0):
        return self.line.run("topics", "create", *words, expect=expect)

    def check(self, *words, expect=0):
        return harness.json_lines(self.line.run("topics", "check", "--json", *words, expect=expect).stdout)

    def findings(self, *words, expect=78):
        """(topic, what) of everything that check finds."""
        prefix = len(self.line.prefix)
        return [(t["topic"][prefix:], f["what"]) for t in self.check(*words, expect=expect) for f in t["findings"]]

    def alter(self, name, **config):
        """Set these and keep the others; returns when the broker shows them."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, self.line.topic(name))
        wanted = {key.replace("_", "."): str(value) for key, value in config.items()}

        def described():
            entries = self.admin.describe_configs([resource])[resource].result(harness.DEADLINE)
            return {key: entry.value for key, entry in entries.items() if not entry.is_default or key in wanted}

        for key, value in {**described(), **wanted}.items():
            resource.set_config(key, value)
        self.admin.alter_configs([resource])[resource].result(harness.DEADLINE)
        harness.until(lambda: wanted.items() <= described().items(), f"{wanted} on {name}")

    def make(self, name, partitions, **config):
        topic = NewTopic(self.line.topic(name), partitions, 1, config={k.replace("_", "."): str(v) for k, v in config.items()})
        self.admin.create_topics([topic])[topic.topic].result(harness.DEADLINE)
        harness.until(lambda: not self.admin.list_topics(topic.topic, harness.DEADLINE).topics[topic.topic].error, name)

    def test_all_topics_are_made_as_the_table_says_and_a_second_run_makes_none(self):
        done = self.create("--partitions", 3)
        self.assertEqual(len(done.stdout.splitlines()), 6)
        described = {t["topic"][len(self.line.prefix) :]: t for t in self.check("--partitions", 3, "--replication", 1)}
        for name, width in WIDTH.items():
            topic, settings = described[name], described[name]["settings"]
            self.assertEqual(topic["findings"], [])
            self.assertEqual(topic["partitions"], width or 3)
            self.assertEqual(settings["cleanup.policy"], "compact" if name == "articles" else "delete")
            self.assertEqual(settings["retention.ms"], str(30 * 86400000) if name == "rejects" else "-1")
            self.assertEqual(settings["compression.type"], "zstd")
            self.assertEqual(settings["message.timestamp.type"], "LogAppendTime" if name == "attributions" else "CreateTime")
        size = {name: int(t["settings"]["max.message.bytes"]) for name, t in described.items()}
        self.assertEqual(size["rejects"], size["statements"] + 64 * 1024)
        self.assertEqual(self.create("--partitions", 3).stdout, "")

    def test_what_was_made_can_be_used_at_once(self):
        self.create("--partitions", 16)
        consumer = self.line.consumer()
        self.addCleanup(consumer.close)
        for name in harness.SUFFIXES:
            for partition in range(16 if WIDTH[name] != 1 else 1):  # would be an error where there is no leader yet
                found = consumer.get_watermark_offsets(ck.TopicPartition(self.line.topic(name), partition), harness.DEADLINE)
                self.assertEqual(found, (0, 0))

    def test_two_that_create_at_once_both_succeed(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            both = [pool.submit(self.create) for _ in range(2)]
        made = "".join(f.result().stdout for f in both)
        self.assertEqual(made.count("created"), 6)
        self.assertEqual(self.findings(expect=0), [])

    def test_create_completes_a_line_and_takes_the_width_that_is_there(self):
        self.make("statements", 5, max_message_bytes=1048576, compression_type="zstd", retention_bytes=-1, retention_ms=-1)
        self.create()
        described = {t["topic"][len(self.line.prefix) :]: t["partitions"] for t in self.check()}
        self.assertEqual((described["attributions"], described["rejects"]), (5, 5))

    def test_each_wrong_setting_is_named_with_what_to_do(self):
        self.create("--partitions", 2)
        table = [
            ("attributions", {"cleanup_policy": "compact"}, "cleanup.policy", "compaction would take records out of it"),
            ("attributions", {"cleanup_policy": "compact,delete"}, "cleanup.policy", "compaction would take records"),
            ("statements", {"cleanup_policy": "compact"}, "cleanup.policy", "set it to delete"),
            ("articles", {"cleanup_policy": "delete"}, "cleanup.policy", "set it to compact"),
            ("statements", {"retention_ms": 604800000}, "retention.ms", "keeps records 7 days, should be for ever"),
            ("attributions", {"retention_bytes": 1000000}, "retention.bytes", "set it to -1"),
            ("keys", {"retention_ms": 1000}, "retention.ms", "keeps records 1 s, should be for ever"),
            ("rejects", {"max_message_bytes": 1048576}, "max.message.bytes", "needs 1114112 at least"),
            ("statements", {"max_message_bytes": 1000}, "max.message.bytes", "needs 1048576 at least"),
            ("statements", {"unclean_leader_election_enable": "true"}, "unclean.leader.election.enable", "set it to false"),
            ("witness", {"min_insync_replicas": 2}, "min.insync.replicas", "nothing can be written; set it to 1"),
        ]
        good = {t["topic"][len(self.line.prefix) :]: t["settings"] for t in self.check()}
        for name, config, what, sentence in table:
            with self.subTest(topic=name, config=config):
                self.alter(name, **config)
                self.assertIn((name, what), self.findings())
                shown = self.line.run("topics", "check", expect=78)
                self.assertRegex(shown.stdout, rf"wrong +\S+\.{name}: {what} .*{sentence}")
                self.assertIn("1 thing wrong", shown.stderr)
                self.alter(name, **{key: good[name][key.replace("_", ".")] for key in config})
        self.assertEqual(self.findings(expect=0), [])

    def test_larger_statements_than_rejects_can_hold_are_found(self):
        self.create("--partitions", 1)
        self.alter("statements", max_message_bytes=2000000)
        self.assertEqual(self.findings(), [("rejects", "max.message.bytes")])
        self.alter("rejects", max_message_bytes=2000000 + 65536)
        self.assertEqual(self.findings(expect=0), [])

    def test_weaker_compression_is_a_warning(self):
        self.create("--partitions", 1)
        self.alter("statements", compression_type="producer")
        self.assertEqual(self.findings(expect=0), [("statements", "compression.type")])

    def test_wrong_numbers_of_partitions_and_copies_are_found(self):
        self.make("statements", 4, max_message_bytes=1048576, compression_type="zstd")
        self.make("attributions", 3, max_message_bytes=1048576, compression_type="zstd")
        self.make("keys", 2, compression_type="zstd")
        found = self.findings()
        for finding in (("attributions", "partitions"), ("keys", "partitions"), ("rejects", "missing"), ("articles", "missing")):
            self.assertIn(finding, found)
        self.assertNotIn(("statements", "partitions"), found)
        self.assertIn(("statements", "partitions"), self.findings("--partitions", 8))
        self.assertIn(("statements", "replication"), self.findings("--replication", 3))

    def test_a_retention_that_was_chosen_is_right_when_it_is_given(self):
        self.create("--partitions", 1, "--retention-days", 90)
        self.assertEqual(self.findings("--retention-days", 90, expect=0), [])
        self.assertEqual(self.findings(), [("statements", "retention.ms"), ("attributions", "retention.ms")])

    def test_list_shows_every_topic_and_nothing_is_made(self):
        shown = self.line.run("topics", "list").stdout
        for name in WIDTH:
            self.assertRegex(shown, rf"(?m)^{self.line.topic(name)} +- +- +not there")
        self.assertEqual(len(self.findings()), 6)

    def test_wrong_use_is_refused(self):
        table = [
            ((), 2, "create, check or list"),
            (("make",), 2, "create, check or list"),
            (("create", "check"), 2, "create, check or list"),
            (("create", "--acl"), 2, "say who gets the rights"),
            (("check", "--acl"), 2, "list --acl"),
            (("list", "--acl", "editor=User:x"), 2, "is not ROLE[/INSTANCE]=PRINCIPAL"),
            (("list", "--acl", "split=User:it's"), 2, "is not ROLE[/INSTANCE]=PRINCIPAL"),
            (("list", "--acl", "split"), 2, "is not ROLE[/INSTANCE]=PRINCIPAL"),
            (("list", "--brokers", "kafka.example:9092"), 78, "nothing protects the way there"),
            (("create", "--partitions", "0"), 2, "partitions"),
            (("create", "--replication", "3"), 78, "could not be made"),
            (("check", "--brokers", "127.0.0.1:1", "--timeout", "1s"), 1, "no broker answered at 127.0.0.1:1"),
            (("check", "--prefix", "a b"), 78, "a character that Kafka does not take at byte 2"),
            (("check", "--prefix", "x" * 240), 78, "choose a shorter one"),
        ]
        for words, code, sentence in table:
            with self.subTest(words=words):
                self.assertIn(sentence, self.line.run("topics", *words, expect=code).stderr)


if __name__ == "__main__":
    harness.main()
