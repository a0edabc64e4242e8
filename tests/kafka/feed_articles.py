"""Made-up articles for the tests of split and replay, and the check that a topic holds each of them exactly once."""
import hashlib
import json

import avro_read
import confluent_kafka as ck
import harness

NAMES = ["Ana Silva", "Governor Per Olsen", "the Harbour Union", "Dr. Mei Tan", "Zoë Ødegård", "the agency"]
CUES = ["said", "told reporters", "insisted", "warned", "argued"]
TOPICS = ["the bridge", "the new tax", "school meals", "the harbour", "a 3.5 percent rise", "the U.N. plan"]


def sentence(rng):
    name, cue, topic = rng.choice(NAMES), rng.choice(CUES), rng.choice(TOPICS)
    return rng.choice(
        [
            f"{name} {cue} that {topic} would cost more.",
            f"“We cannot support {topic}. It is too early,” {name} {cue}.",
            f"Nobody had asked for {topic} in 2031.",
            f"{name} {cue} the vote on {topic} was “a mistake” and left.",
        ]
    )


def body(rng, sentences=None):
    words = [sentence(rng) for _ in range(sentences or rng.randint(3, 30))]
    return "".join(s + ("\n\n" if rng.random() < 0.3 else " ") for s in words)


def article(rng, n, sentences=None):
    text = body(rng, sentences) + str(n)
    return {"id": f"https://news.example/{n}", "headline": f"Story {n}", "date": "2031-05-06", "text": text}


def articles(rng, count):
    return [article(rng, n) for n in range(count)]


def partition_of(key, partitions):
    """Where Kafka's clients put a record with this key: murmur2."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * m & mask
        h = h * m & mask ^ (k ^ k >> 24) * m & mask
    if key[whole:]:
        h = (h ^ int.from_bytes(key[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) % 2**31 % partitions


def one_a_partition(rng, partitions, start):
    """An article for each partition, with numbers from `start` on; of seven sentences."""
    found, n = {}, start
    while len(found) < partitions:
        at = partition_of(f"https://news.example/{n}".encode(), partitions)
        if at not in found:
            found[at] = article(rng, n, 7)
        n += 1
    return list(found.values())


def write_jsonl(path, items):
    path.write_text("".join(json.dumps(a) + "\n" for a in items), encoding="utf-8")
    return path


def settled(line, name):
    """All committed records, once no transaction on the topic is undecided. A commit is certain before its markers are
    written: for some milliseconds what was committed cannot be seen yet."""

    def ends(level):
        consumer = line.consumer(isolation_level=level)
        try:
            topic = line.topic(name)
            parts = consumer.list_topics(topic, harness.DEADLINE).topics[topic].partitions
            return [consumer.get_watermark_offsets(ck.TopicPartition(topic, p), harness.DEADLINE)[1] for p in parts]
        finally:
            consumer.close()

    def decided():
        try:
            return ends("read_committed") == ends("read_uncommitted")
        except ck.KafkaException:  # a partition without a leader, for a moment
            return False

    harness.until(decided, f"the markers of {name}")
    return line.records(name)


def statements(line, name="statements"):
    """Statements by (article id, version), each a list of (record, decoded) in the order of the topic."""
    found = {}
    for record in settled(line, name):
        schema, fields = avro_read.read(record.value)
        assert schema == "Statement.avsc", schema
        found.setdefault((fields["article"]["id"], fields["article"]["version"]), []).append((record, fields))
    return found


def versions(line):
    """Article records by (id, version); fails when one is there twice."""
    found = {}
    for record in settled(line, "articles"):
        schema, fields = avro_read.read(record.value)
        assert schema == "Article.avsc", schema
        key = (fields["id"], fields["version"])
        assert key not in found, f"{key} stands twice in articles"
        assert record.key == f"{key[0]}\n{key[1]}".encode(), record.key
        found[key] = fields
    return found


def check_once(test, line, bodies):
    """`bodies` maps (id, version) to the body: each is there once, whole, in order, on one partition, and nothing else is."""
    found, records = statements(line), versions(line)
    test.assertEqual(set(records), set(bodies))
    test.assertEqual(set(found), set(bodies))
    for key, text in bodies.items():
        raw, parts = text.encode(), [fields for _, fields in found[key]]
        count = records[key]["statements"]
        test.assertEqual([p["index"] for p in parts], list(range(max(count, 1))), key)
        test.assertEqual("".join(p["text"] for p in parts).encode(), raw, key)
        test.assertEqual(len({record.partition for record, _ in found[key]}), 1, key)
        for record, fields in found[key]:
            test.assertEqual(record.key, key[0].encode())
            test.assertEqual(record.header("ce_id"), f"{key[0]}/{key[1]}/{fields['index']}".encode())
            test.assertEqual(fields["article"], records[key])
        test.assertEqual(records[key]["body_sha256"], hashlib.sha256(raw).digest())
        test.assertEqual(records[key]["body_bytes"], len(raw))


def values(line, name="statements"):
    """What was sent, without where: key and value of every record by its CloudEvents id."""
    found = {}
    for record in settled(line, name):
        assert record.header("ce_id") not in found, f"{record.header('ce_id')} stands twice"
        found[record.header("ce_id")] = (record.key, record.value, record.headers)
    return found
