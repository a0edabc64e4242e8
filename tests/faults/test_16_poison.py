"""Row 16: input that nobody can read. Each pill becomes one signed reject in the lane and one dead letter with its bytes
untouched; the same pills give the same root again; memory stays bounded, a batch that inflates a thousandfold included."""
import struct

import confluent_kafka as ck
import harness
import scenario

CORPUS = harness.ROOT / "tests" / "fuzz" / "corpus" / "fuzz_line_outcome"
MUTATIONS = 150
ODD = (b"\xff", b"\x00", b"\xed\xa0\x80", "\u202e".encode())  # no UTF-8, NUL, a surrogate, right-to-left
KNOWN_IDS = range(1, 6)


def send(line, pairs, **settings):
    """Key and value of each to partition 0 of statements, outside any transaction."""
    producer = ck.Producer({"bootstrap.servers": line.bootstrap, "message.max.bytes": 1100000, "log_level": 2, **settings})
    failed = []
    for key, value in pairs:
        producer.produce(line.topic("statements"), value, key, 0, headers=[("h", b"1"), ("h", b"2")],
                         on_delivery=lambda error, _: error and failed.append(error))
    if producer.flush(scenario.RECOVER_SECONDS) or failed:
        raise AssertionError(f"the pills could not be sent: {failed[:1]}")


def holds(value):
    """An id that nobody knows makes the lane wait (row 17)."""
    return len(value) >= 5 and value[0] == 0 and struct.unpack(">I", value[1:5])[0] not in KNOWN_IDS


class Poison(scenario.Scenario):
    row = 16

    def begin(self):
        line = self.watched_line(partitions=1)
        self.split(line, 3)
        self.good = line.records("statements")
        return line, self.good[0].value

    def end(self, line, at_least, **how):
        worker = self.worker(line)
        self.split(line, 3)
        self.healed()
        self.wait_recovered(line, worker)
        self.hit(len(line.records("rejects")), "dead letters")
        self.assertGreaterEqual(self.hits, at_least)
        self.stop(worker)
        self.judge(line, **how)

    @scenario.fast
    def test_what_cannot_be_read_is_a_signed_reject_with_its_bytes_kept(self):
        line, good = self.begin()
        pills = {
            b"empty": b"",
            b"frame": b"\x01\x00\x00\x00\x02",
            b"avro": good[:-3],
            b"schema": b"\x00" + struct.pack(">I", 4) + b"\x00",
        }
        send(line, [*pills.items(), (b"null", None)])
        self.end(line, 5)
        letters = {r.key: r for r in line.records("rejects")}
        self.assertEqual(set(letters), {*pills, b"null"})
        for reason, value in pills.items():
            letter = letters[reason]
            self.assertEqual((letter.value, letter.header("onr-reason")), (value, reason))
            self.assertEqual(letter.headers[:2], [("h", b"1"), ("h", b"2")])
            self.assertEqual(letter.header("onr-topic"), line.topic("statements").encode())
            self.assertEqual(letter.header("onr-offset"), letter.header("__connect.errors.offset"))
        self.assertIsNone(letters[b"null"].value)

    @scenario.fast
    def test_lengths_text_and_what_fuzzing_found(self):
        line, good = self.begin()
        head = b"\x00" + struct.pack(">I", 2)
        letter_at = next(at for at in range(len(good) // 2, len(good)) if chr(good[at]).isalpha() and good[at] < 128)
        pills = [
            head + b"\x01" * 40,  # length -1
            head + b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",  # a length of 2^63
            head + b"\x80" * 12,  # a number that never ends
            good + b"x",
            *(good[:letter_at] + odd + good[letter_at + len(odd) :] for odd in ODD),
            head + self.rng.randbytes(1000000),
            *(path.read_bytes() for path in sorted(CORPUS.iterdir())),
        ]
        for _ in range(MUTATIONS):
            at = self.rng.randrange(5, len(good))
            pills.append(good[:at] + bytes([good[at] ^ 1 << self.rng.randrange(8)]) + good[at + 1 :])
        send(line, [(f"{n}".encode(), pill) for n, pill in enumerate(pills) if not holds(pill)])
        # Some mutations can still be read and say that they belong to articles that were never sent.
        self.end(line, 10, allowed={"article-incomplete"})

    def bomb(self, megabytes):
        line, _ = self.begin()
        settings = {"compression.type": "gzip", "linger.ms": 5000, "batch.size": 99000000, "message.max.bytes": 99000000}
        send(line, [(f"{n}".encode(), b"\x01" * 1000000) for n in range(megabytes)], **settings)
        return line

    def test_a_batch_that_inflates_a_thousandfold(self):
        self.end(self.bomb(15), 15)

    def test_a_batch_that_inflates_beyond_the_bound(self):
        line = self.bomb(60)
        worker = self.worker(line, ready=False)
        self.refused(worker, "_BAD_COMPRESSION")
        self.hit(1, "a batch too large to be unpacked")
        self.assertLessEqual(len(line.results()), len(self.good), "something of the batch was processed")
        self.judge(line, whole=False, inputs=self.good, audit=["--signatures"])
