"""Everything that is done to a lane, its inputs and its dead letters: one function for each row of the table in docs/auditor.md.

    lane = Lane(records)            # of one partition, in order; tamper.read gives them
    CASES["a record was deleted"](lane)

A change works on the lists in place. What it needs beyond them (a key, another lane) is in the Lane, too, and so is what has to be
done once the topics are written anew: entries of the key log, what retention takes.
"""
import avro_read
import keylog
import liar
import tamper


class Lane:
    def __init__(self, records, **more):
        self.records = records  # of attributions
        self.inputs = self.letters = None  # of statements and of rejects, likewise
        self.other = None  # the records of another lane
        self.worker = self.second = self.stranger = None  # keys: two that may sign, one that nobody added
        self.partition = 0
        self.keep_head = True  # False: no head of this lane was kept from before
        self.good_size = None  # of the REVOKE entry: None is all of it
        self.entries = []  # of the key log: (kind, lines...), {lane} is its origin
        self.cut_at = None  # retention takes what stands before this offset
        self.__dict__.update(more)

    def block(self, which=-1, least=2):
        """(first, end) of one of the blocks with so many records; records[end] is its COMMIT."""
        return [b for b in tamper.blocks(self.records) if b[1] - b[0] >= least][which]

    def last_block(self):
        """Of whatever size; heartbeats behind it are dropped."""
        first, end = tamper.blocks(self.records)[-1]
        del self.records[end + 1 :]
        return first, end

    def middle(self, which=-1):
        first, end = self.block(which)
        return first + (end - first) // 2

    def insert(self, at, new):
        self.records[at:at] = new
        for i in range(at, len(self.records)):
            self.records[i] = self.records[i]._replace(offset=0)  # wherever they come to stand

    def append(self, new):
        last = self.records[-1].offset
        self.records.extend(r._replace(offset=last + 1 + i) for i, r in enumerate(new))


def seq_of(record):
    return int.from_bytes(record.header("onr-leaf")[8:16], "big")


# -- changes without a key


def nothing(lane):
    pass


def flip_payload(lane):
    at = lane.middle()
    r = lane.records[at]
    lane.records[at] = r._replace(value=tamper.flip(r.value, len(r.value) // 2))


def flip_header(name, at, with_=1):
    def change(lane):
        i = lane.middle()
        data = lane.records[i].header(name)
        lane.records[i] = tamper.with_header(lane.records[i], name, tamper.flip(data, at, with_))

    return change


def take_header(name):
    def change(lane):
        at = lane.middle()
        lane.records[at] = tamper.with_header(lane.records[at], name, None)

    return change


def change_key(lane):
    at = lane.middle()
    lane.records[at] = lane.records[at]._replace(key=b"another article")


def change_ce_header(lane):
    at = lane.middle()
    lane.records[at] = tamper.with_header(lane.records[at], "ce_subject", b"another article")


def change_note(lane):
    _, at = lane.block(0)
    note = lane.records[at].header("onr-note")
    lane.records[at] = tamper.with_header(lane.records[at], "onr-note", note.replace(b"/v1/", b"/v2/"))


def delete_record(lane):
    del lane.records[lane.middle()]


def delete_block(lane):
    first, end = lane.block(1)
    del lane.records[first : end + 1]


def delete_beginning(lane):
    del lane.records[: lane.block(0)[1] + 1]


def delete_commit(lane):
    del lane.records[tamper.blocks(lane.records)[0][1]]


def cut_tail(lane):
    first, _ = lane.block()
    del lane.records[first:]


def swap_records(lane):
    first, _ = lane.block(0)
    a, b = lane.records[first : first + 2]
    lane.records[first : first + 2] = [b._replace(offset=a.offset), a._replace(offset=b.offset)]


def swap_blocks(lane):
    a, b = tamper.blocks(lane.records)[1:3]
    first, between, second = lane.records[a[0] : a[1] + 1], lane.records[a[1] + 1 : b[0]], lane.records[b[0] : b[1] + 1]
    del lane.records[a[0] : b[1] + 1]
    lane.insert(a[0], second + between + first)


def move_before(lane):
    """Into the block before its own."""
    moved = lane.records.pop(lane.middle())
    lane.insert(lane.block(-2)[0], [moved])


def move_behind(lane):
    """Behind the COMMIT of its own block."""
    _, end = lane.block()
    moved = lane.records.pop(lane.middle())
    lane.insert(end, [moved])


def copy_to_head(lane):
    """Before the first record of an earlier block."""
    copied = lane.records[lane.middle()]
    lane.insert(lane.block(-2)[0], [copied])


def copy_between(lane):
    """Among the records of an earlier block."""
    copied = lane.records[lane.middle()]
    lane.insert(lane.middle(-2), [copied])


def copy_behind(lane):
    lane.append([lane.records[lane.middle()]])


def replay_block(lane):
    first, end = lane.block(0)
    lane.append(lane.records[first : end + 1])


def leave_torn_attempt(lane):
    """The first records of a block, as an attempt left them that was never committed."""
    first, _ = lane.block()
    lane.insert(first, lane.records[first : first + 2])


def lose_first_records(lane):
    """What a stray abort takes, when the COMMIT of the block stays."""
    first, end = lane.last_block()
    del lane.records[first : first + max(1, min(2, end - first - 1))]


def add_foreign(lane):
    at = lane.middle(0)
    good = lane.records[at]
    copied = [r for r in lane.other if not tamper.is_commit(r)][0]
    forged = tamper.with_header(good, "onr-sig", tamper.flip(good.header("onr-sig"), 40))
    garbage = good._replace(key=None, value=b"hello", headers=[])
    stripped = tamper.with_header(good, "onr-leaf", None)
    lane.insert(at, [copied, forged, garbage, stripped])


# -- changes by whoever holds a key


def sign_by_stranger(lane):
    """A record and a COMMIT by a key that is not in the key log, inside a block."""
    at = lane.middle()
    good, commit = lane.records[at], lane.records[lane.block()[1]]
    _, made = lane.stranger.record(commit, good.header("onr-leaf")[24:56], seq_of(good), liar.outcomes([good])[0])
    lane.insert(at, [made, lane.stranger.sign_commit(commit)])


def commit_twice(lane):
    """Two owners of a partition, each with a good key, commit the same records."""
    first, end = lane.last_block()
    again = []
    for r in lane.records[first:end]:
        _, made = lane.second.record(r, r.header("onr-leaf")[24:56], seq_of(r), liar.outcomes([r])[0])
        again.append(made)
    lane.append([*again, lane.second.sign_commit(lane.records[end])])


def other_stance(outcome):
    """The same answer but for one stance."""

    def rest(fields):
        return {**fields, "attributions": [{**a, "stance": None} for a in fields["attributions"]]}

    _, was = avro_read.read(outcome.value)
    for at in range(5, len(outcome.value)):
        changed = outcome.value[:at] + (b"\2" if outcome.value[at] == 0 else b"\0") + outcome.value[at + 1 :]
        try:
            _, now = avro_read.read(changed)
        except (ValueError, IndexError):
            continue
        if now != was and rest(now) == rest(was):
            return outcome._replace(value=changed)
    raise AssertionError("no answer with a stance")


def changed_stance(told):
    """(index, outcome): the first of these that names a stance, with another one."""
    for i, o in enumerate(told):
        if o.type == 1 and avro_read.read(o.value)[1]["attributions"]:
            return i, other_stance(o)
    raise AssertionError("no answer with a stance in this lane")


def sign_position_twice(lane):
    """An attempt that was not committed had another answer for the same position."""
    seq, other = changed_stance(liar.outcomes(lane.records))
    at = [i for i, r in enumerate(lane.records) if not tamper.is_commit(r)][seq]
    first = [first for first, end in tamper.blocks(lane.records) if first <= at < end][0]
    _, made = lane.worker.record(lane.records[at], lane.records[at].header("onr-leaf")[24:56], seq, other)
    lane.insert(first, [made])


def skip_input(lane):
    told = liar.outcomes(lane.records)
    del told[len(told) // 2]
    lane.records[:] = lane.worker.lane(lane.records, told)
    lane.keep_head = False  # the lane said so from the first


def change_stance(lane):
    told = liar.outcomes(lane.records)
    at, other = changed_stance(told)
    told[at] = other
    lane.records[:] = lane.worker.lane(lane.records, told)
    lane.keep_head = False


def write_anew(lane):
    change_stance(lane)
    lane.keep_head = True


def reject_input(lane):
    """With the dead letter that belongs to a reject."""
    told = liar.outcomes(lane.records)
    reject = [o for o in told if o.type == 2][0]
    at = [i for i, o in enumerate(told) if o.type == 1][0]
    told[at] = reject._replace(in_offset=told[at].in_offset, in_hash=told[at].in_hash)
    lane.records[:] = lane.worker.lane(lane.records, told)
    given = [r for r in lane.inputs if r.offset == told[at].in_offset][0]
    letter = lane.letters[0]
    headers = [(k, str(at).encode() if k == "onr-seq" else v) for k, v in letter.headers]
    lane.letters.append(letter._replace(offset=0, key=given.key, value=given.value, headers=headers))
    lane.keep_head = False


def change_config(lane):
    """Another model, or other rules, from the last block on."""
    _, end = lane.last_block()
    lane.records[end] = lane.worker.sign_commit(lane.records[end], config=liar.log.h(b"another model"), flags=16)


def change_config_openly(lane):
    change_config(lane)
    lane.entries.append(("CONFIG", f"config {liar.log.h(b'another model').hex()}", "lane {lane}"))


# -- what the key log takes back, what retention takes


def revoke(lane):
    lane.good_size = seq_of(lane.records[lane.block()[0]])
    lane.keep_head = False


def revoke_behind_a_head(lane):
    revoke(lane)
    lane.keep_head = True


def expire(lane):
    lane.cut_at = lane.records[lane.block(1)[0]].offset


def expire_with_an_entry(lane):
    expire(lane)
    lane.entries.append(("RETENTION", f"lane {{lane}} {seq_of(lane.records[lane.block(1)[0]])}"))


def empty(lane):
    lane.cut_at = lane.records[-1].offset + 2  # the marker behind it, too
    lane.keep_head = False


# -- inputs and dead letters


def take_statement(lane):
    del lane.inputs[len(lane.inputs) // 2]


def change_statement(lane):
    at = len(lane.inputs) // 2
    lane.inputs[at] = lane.inputs[at]._replace(value=tamper.flip(lane.inputs[at].value, -1))


def cut_statements(lane):
    del lane.inputs[-2:]


def take_letter(lane):
    del lane.letters[0]


def change_letter(lane):
    lane.letters[0] = lane.letters[0]._replace(value=b"something else")


CASES = {  # each row of the table; what happens to the lane while it is made is in test_auditor.py
    "Nothing": nothing,
    "A bit of a record's answer was flipped": flip_payload,
    "A bit of a record's leaf was flipped": flip_header("onr-leaf", 23),
    "A bit of a record's signature was flipped": flip_header("onr-sig", 40),
    "A record's signature was taken away": take_header("onr-sig"),
    "A record's leaf was taken away": take_header("onr-leaf"),
    "A record's signature was marked as of another version": flip_header("onr-sig", 0, 2),
    "A record's signature was given the id of a key that nobody added": flip_header("onr-sig", 6),
    "A record's Kafka key was changed": change_key,
    "One of a record's CloudEvents headers was changed": change_ce_header,
    "The checkpoint of a COMMIT was changed": change_note,
    "A record was deleted": delete_record,
    "A block was deleted, with its COMMIT": delete_block,
    "The beginning of the lane was deleted": delete_beginning,
    "Only a COMMIT was deleted": delete_commit,
    "The end of the lane was cut off": cut_tail,
    "Two records of a block were swapped": swap_records,
    "Two blocks were swapped": swap_blocks,
    "A record was moved to the block before its own": move_before,
    "A record was moved behind its COMMIT": move_behind,
    "A record was copied to the head of an earlier block": copy_to_head,
    "A record was copied into the middle of an earlier block": copy_between,
    "A record was copied behind its block": copy_behind,
    "A block was copied to the end, with its COMMIT": replay_block,
    "Garbage, records of another lane, forged and stripped ones were added": add_foreign,
    "A record and a COMMIT were added, signed by a key that nobody added": sign_by_stranger,
    "Two owners of the partition committed the same records": commit_twice,
    "One position was signed twice, with different answers": sign_position_twice,
    "The first records of a torn attempt stand before their block": leave_torn_attempt,
    "A stray abort took the first records of the last block, its COMMIT stayed": lose_first_records,
    "The same, and a worker has repaired it since": nothing,
    "The key holder skipped a statement": skip_input,
    "The key holder changed a stance": change_stance,
    "The key holder rejected a good statement, with its dead letter": reject_input,
    "The key holder wrote the lane anew after somebody kept a head": write_anew,
    "A key was revoked, and the lane goes on beyond its last good size": revoke,
    "The same, and a head from before is kept": revoke_behind_a_head,
    "Another model took over, without a CONFIG entry": change_config,
    "Another model took over, with a CONFIG entry": change_config_openly,
    "The beginning expired, a witness cosigned a COMMIT that is left": expire,
    "The beginning expired, a RETENTION entry gave it up": expire_with_an_entry,
    "The beginning expired, with neither": expire,
    "All records of the lane were deleted": empty,
    "A statement was taken out of the inputs": take_statement,
    "A statement was changed in the inputs": change_statement,
    "The end of the inputs was cut off": cut_statements,
    "A statement of an article was never sent": nothing,
    "A dead letter was taken away": take_letter,
    "A dead letter was changed": change_letter,
    "The end of the key log was cut off, with the REVOKE": None,  # no lane's: every audit refuses
}
