"""A topic written anew with something changed: what an attacker, a careless admin or a broken disk would leave.

    records = tamper.read(line, "attributions")          # partition -> list of records, in order
    del records[3][7]
    tamper.write(line, "attributions", records)

The topic is deleted, made again, and filled by transactions that end where theirs ended, so that offsets stay what they
were: each COMMIT's offset in a state file and each input's offset in a leaf still point to the same records.
"""
import collections
import contextlib
import ctypes
import time

import confluent_kafka as ck
import confluent_kafka.admin as admin
import harness


def read(line, name):
    found = collections.defaultdict(list)
    for record in line.records(name):
        found[record.partition].append(record)
    return found


def recreate(line, name, partitions=None):
    """Delete a topic and make it again, empty, with as many partitions or with others."""
    client = admin.AdminClient({"bootstrap.servers": line.bootstrap, "log_level": 2})
    topic = line.topic(name)
    partitions = partitions or len(client.list_topics(topic, 10).topics[topic].partitions)
    client.delete_topics([topic], operation_timeout=10)[topic].result()
    fresh = admin.NewTopic(topic, partitions, 1, config={"max.message.bytes": "1200000"})

    def made():
        try:
            client.create_topics([fresh], operation_timeout=10)[topic].result()
            return True
        except ck.KafkaException:  # still being deleted
            return False

    harness.until(made, f"{topic} to be made again")
    harness.until(
        lambda: len(client.list_topics(topic, 10).topics[topic].partitions) == partitions, f"{topic} to be there"
    )


class Writer:
    """Records of one partition at offsets of our choice, as far as transactions allow it."""

    def __init__(self, producer, topic, partition):
        self.producer, self.topic, self.partition = producer, topic, partition
        self.at, self.open = 0, False

    def send(self, key, value, headers):
        if not self.open:
            self.producer.begin_transaction()
            self.open = True
        while True:
            try:
                self.producer.produce(self.topic, value, key, self.partition, headers=headers)
                break
            except BufferError:
                self.producer.poll(0.1)
        self.at += 1

    def end(self, commit=True):
        """The marker takes one offset."""
        if self.open:
            if commit:
                self.producer.commit_transaction()
            else:
                self.producer.flush()
                self.producer.abort_transaction()
            self.open = False
            self.at += 1

    def reach(self, offset):
        if offset > self.at:
            self.end()
        while offset >= self.at + 2:  # an aborted record and its marker
            self.send(None, b"filler", [])
            self.end(commit=False)


def write(line, name, records, partitions=None):
    """Replace the topic by these records; returns them as they stand now."""
    recreate(line, name, partitions)
    topic = line.topic(name)
    producer = ck.Producer(
        {
            "bootstrap.servers": line.bootstrap,
            "transactional.id": f"tamper-{time.monotonic_ns()}",
            "message.max.bytes": 1200000,
            "linger.ms": 2,
            "log_level": 2,
        }
    )
    producer.init_transactions()
    for partition in sorted(records):
        writer = Writer(producer, topic, partition)
        for record in records[partition]:
            writer.reach(record.offset)
            writer.send(record.key, record.value, record.headers)
        writer.end()
    return read(line, name)


@contextlib.contextmanager
def librdkafka(line):
    """The library itself, a client and a queue of it: for calls that the Python client has no word for."""
    lib = ctypes.CDLL("librdkafka.so.1")
    for function in ("conf_new", "new", "topic_partition_list_new", "DeleteRecords_new", "DeleteGroup_new", "queue_new",
                     "queue_poll", "event_DeleteGroups_result", "DeleteGroups_result_groups", "group_result_error"):
        getattr(lib, f"rd_kafka_{function}").restype = ctypes.c_void_p
    said = ctypes.create_string_buffer(512)
    conf = ctypes.c_void_p(lib.rd_kafka_conf_new())
    lib.rd_kafka_conf_set(conf, b"bootstrap.servers", line.bootstrap.encode(), said, ctypes.c_size_t(512))
    kafka = ctypes.c_void_p(lib.rd_kafka_new(0, conf, said, ctypes.c_size_t(512)))
    queue = ctypes.c_void_p(lib.rd_kafka_queue_new(kafka))
    yield lib, kafka, queue
    lib.rd_kafka_queue_destroy(queue)
    lib.rd_kafka_destroy(kafka)


def answer(lib, queue):
    event = ctypes.c_void_p(lib.rd_kafka_queue_poll(queue, int(harness.DEADLINE * 1000)))
    if not event or lib.rd_kafka_event_error(event):
        raise AssertionError("the broker did not do what it was asked for")
    return event


def cut(line, name, before):
    """What retention does: the records before an offset of each partition (a dict) are gone."""
    with librdkafka(line) as (lib, kafka, queue):
        offsets = ctypes.c_void_p(lib.rd_kafka_topic_partition_list_new(len(before)))
        for partition, offset in before.items():
            lib.rd_kafka_topic_partition_list_add(offsets, line.topic(name).encode(), partition)
            where = (offsets, line.topic(name).encode(), partition, ctypes.c_int64(offset))
            lib.rd_kafka_topic_partition_list_set_offset(*where)
        wanted = ctypes.c_void_p(lib.rd_kafka_DeleteRecords_new(offsets))
        lib.rd_kafka_DeleteRecords(kafka, ctypes.byref(wanted), ctypes.c_size_t(1), None, queue)
        lib.rd_kafka_event_destroy(answer(lib, queue))
        lib.rd_kafka_DeleteRecords_destroy(wanted)
        lib.rd_kafka_topic_partition_list_destroy(offsets)


def forget_group(line, group):
    """Delete a consumer group with its offsets. False while it has members."""
    with librdkafka(line) as (lib, kafka, queue):
        wanted = ctypes.c_void_p(lib.rd_kafka_DeleteGroup_new(group.encode()))
        lib.rd_kafka_DeleteGroups(kafka, ctypes.byref(wanted), ctypes.c_size_t(1), None, queue)
        event = answer(lib, queue)
        result = ctypes.c_void_p(lib.rd_kafka_event_DeleteGroups_result(event))
        count = ctypes.c_size_t()
        groups = ctypes.c_void_p(lib.rd_kafka_DeleteGroups_result_groups(result, ctypes.byref(count)))
        first = ctypes.cast(groups, ctypes.POINTER(ctypes.c_void_p))[0]
        refused = lib.rd_kafka_group_result_error(ctypes.c_void_p(first))
        lib.rd_kafka_event_destroy(event)
        lib.rd_kafka_DeleteGroup_destroy(wanted)
        return not refused


def is_commit(record):
    return record.header("onr-type") == b"commit"


def blocks(records):
    """(first, end) of each block that has records: records[first:end] are they, records[end] is its COMMIT."""
    found, first = [], 0
    for i, record in enumerate(records):
        if is_commit(record):
            if i > first:
                found.append((first, i))
            first = i + 1
    return found


def flip(data, at, with_=1):
    return data[:at] + bytes([data[at] ^ with_]) + data[at + 1 :]


def with_header(record, name, value):
    """The record with another value of a header; None takes the header away."""
    headers = [(k, value if k == name else v) for k, v in record.headers if k != name or value is not None]
    return record._replace(headers=headers)
