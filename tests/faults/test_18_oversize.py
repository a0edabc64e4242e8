"""Row 18: the broker's limit is lowered below what the worker sends. What does not pass is never skipped: the transaction is
given up and the worker ends with the reason. With the old limit it goes on. (Inputs that are too large themselves are
deterministic rejects: row 16.)"""
import confluent_kafka.admin as admin
import scenario


class Oversize(scenario.Scenario):
    row = 18

    def limit(self, line, size):
        client = admin.AdminClient({"bootstrap.servers": line.bootstrap, "log_level": 2})
        asked = admin.ConfigResource(admin.ConfigResource.Type.TOPIC, line.topic("attributions"),
                                     set_config={"max.message.bytes": str(size), "retention.ms": "-1"})
        for done in client.alter_configs([asked]).values():
            done.result()

    @scenario.fast
    def test_the_broker_takes_less_than_before(self):
        line = self.watched_line(partitions=1)
        worker = self.worker(line)
        self.split(line, 4)
        self.wait_recovered(line)
        self.limit(line, 600)
        self.split(line, 4)
        self.refused(worker, "MSG_SIZE_TOO_LARGE")
        self.hit(1, "a record refused by the broker")
        self.limit(line, 1200000)
        self.healed()
        self.finish(line, self.worker(line))
