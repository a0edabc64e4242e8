"""A TCP proxy in front of a broker that understands just enough of Kafka to be malicious at the right moment.

    links = proxy.Links(1)               # one link a broker, each with a port of its own; before the brokers start
    links[0].upstream = 21234            # where its broker listens
    links.delay(0.2, 0.05)               # seconds added to each message, there and back
    links.limit(125000)                  # bytes a second, each way
    links.stall(up=True, down=False)     # nothing passes in that direction: a partition, one way or both
    links.reset()                        # every connection gets an RST
    links.heal()                         # no delay, no limit, nothing stalled; taps stay
    links.tap(HeldEndTxn())              # sees every message, may keep it or change it

What is stalled is late and not lost, as on a real network where TCP repeats it. Messages are cut by their size field and named by
their API key, an answer by the request with its correlation id; nothing else of the protocol is known. Loopback and plain text
only. All links live in one thread of their own; what is asked of them from others is handed over to it.
"""
import asyncio
import collections
import socket
import struct
import threading

PRODUCE, FETCH, INIT_PRODUCER_ID, END_TXN = 0, 1, 22, 26
CHUNK = 4096
QUEUED = 256


class Frame:
    """One message: a request on its way up or an answer on its way down."""

    def __init__(self, connection, up, data):
        self.connection, self.up, self.data = connection, up, data
        if up:
            self.api, _, self.correlation = struct.unpack(">hhi", data[4:12])
        else:
            self.correlation = struct.unpack(">i", data[4:8])[0]
            self.api = connection.asked.pop(self.correlation, None)


class Connection:
    """A client's connection and the one to the broker that belongs to it."""

    def __init__(self, link, client, server):
        self.link = link
        self.reader = {True: client[0], False: server[0]}
        self.writer = {True: server[1], False: client[1]}  # where a message in that direction goes
        self.queue = {up: asyncio.Queue(QUEUED) for up in (True, False)}
        self.asked = {}  # correlation id -> API key of requests without an answer
        self.awaited = {}  # correlation id -> future of an answer that is for the proxy itself
        self.kept = False  # the broker must not see that the client has gone
        self.tasks = []  # asyncio itself holds them by weak references only

    async def run(self):
        down = [asyncio.create_task(self._read(False)), asyncio.create_task(self._write(False))]
        self.tasks = [asyncio.current_task(), *down]
        await asyncio.gather(self._read(True), self._write(True))
        if not self.kept:
            self.close()
        await asyncio.gather(*down)
        self.close()

    async def _read(self, up):
        loop = asyncio.get_running_loop()
        try:
            while True:
                size = await self.reader[up].readexactly(4)
                data = bytearray(size + await self.reader[up].readexactly(struct.unpack(">i", size)[0]))
                frame = Frame(self, up, data)
                if up:
                    self.asked[frame.correlation] = frame.api
                if not up and frame.correlation in self.awaited:
                    self.awaited.pop(frame.correlation).set_result(data)
                    continue
                await self.queue[up].put((loop.time() + self.link.late[up], frame))
        except (asyncio.IncompleteReadError, OSError):
            pass
        await self.queue[up].put(None)

    async def _write(self, up):
        loop = asyncio.get_running_loop()
        while (item := await self.queue[up].get()) is not None:
            due, frame = item
            await asyncio.sleep(max(due - loop.time(), 0))
            for tap in list(self.link.taps):
                frame = frame and await tap.see(frame)
            if frame:
                await self._send(frame)
        if not up:
            self.writer[up].close()

    async def _send(self, frame):
        link = self.link
        if not link.open[frame.up].is_set():
            link.note("stalled")
            await link.open[frame.up].wait()
        try:
            for at in range(0, len(frame.data), CHUNK):
                piece = frame.data[at : at + CHUNK]
                if link.rate:
                    await asyncio.sleep(len(piece) / link.rate)
                self.writer[frame.up].write(piece)
                await self.writer[frame.up].drain()
        except OSError:
            return
        link.note(("up" if frame.up else "down", frame.api))

    async def ask(self, frame):
        """Hand a request that was kept to the broker and return its answer, which the client will not see."""
        answer = self.awaited[frame.correlation] = asyncio.get_running_loop().create_future()
        self.writer[True].write(bytes(frame.data))
        data = await answer
        self.kept = False
        return data

    def close(self, reset=False):
        for writer in self.writer.values():
            if reset:
                sock = writer.get_extra_info("socket")
                if sock.fileno() >= 0:  # not closed already, from the other side
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()


class Link:
    """The way to one broker. Attributes are read in the proxy's thread."""

    def __init__(self, links):
        self.links, self.upstream = links, None
        self.late, self.rate, self.taps = {True: 0.0, False: 0.0}, 0, []
        self.open, self.connections = {}, set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    async def serve(self):
        self.open = {up: asyncio.Event() for up in (True, False)}
        for gate in self.open.values():
            gate.set()
        await asyncio.start_server(self._accept, sock=self.listener, limit=2**20)

    async def _accept(self, reader, writer):
        try:
            server = await asyncio.open_connection("127.0.0.1", self.upstream, limit=2**20)
        except OSError:  # the broker is down: so is the way to it
            writer.transport.abort()
            return
        connection = Connection(self, (reader, writer), server)
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)

    def note(self, what):
        self.links.note(what)


class Links:
    """The links to all brokers of a cluster, and what was seen on them."""

    def __init__(self, brokers):
        self._news = threading.Condition()
        self.seen = collections.Counter()  # "stalled", ("up", API key), ("down", API key) and what taps note
        self._links = [Link(self) for _ in range(brokers)]
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        for link in self._links:
            asyncio.run_coroutine_threadsafe(link.serve(), self._loop).result()

    def __getitem__(self, at):  # and so, iteration
        return self._links[at]

    @property
    def ports(self):
        return [link.port for link in self._links]

    @property
    def bootstrap(self):
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def note(self, what):
        with self._news:
            self.seen[what] += 1
            self._news.notify_all()

    def wait(self, what, count, seconds):
        """Wait until `what` was seen so many times since reopen()."""
        with self._news:
            if not self._news.wait_for(lambda: self.seen[what] >= count, seconds):
                raise AssertionError(f"the proxy waited {seconds:.0f} s in vain for {what}; it saw {dict(self.seen)}")

    def _do(self, action, only=None):
        async def act():
            for number, link in enumerate(self._links):
                if only is None or number == only:
                    action(link)

        asyncio.run_coroutine_threadsafe(act(), self._loop).result()

    def delay(self, up, down):
        self._do(lambda link: link.late.update({True: up, False: down}))

    def limit(self, rate):
        self._do(lambda link: setattr(link, "rate", rate))

    def stall(self, up=True, down=True, only=None):
        def close(link):
            for direction, wanted in ((True, up), (False, down)):
                if wanted:
                    link.open[direction].clear()

        self._do(close, only)

    def reset(self):
        self._do(lambda link: [connection.close(reset=True) for connection in list(link.connections)])

    def tap(self, tap):
        tap.links = self
        self._do(lambda link: link.taps.append(tap))
        return tap

    def heal(self):
        def mend(link):
            link.late.update({True: 0.0, False: 0.0})
            link.rate = 0
            for gate in link.open.values():
                gate.set()

        self._do(mend)

    def reopen(self):
        """As new: healed, no taps, nothing seen."""
        self._do(lambda link: link.taps.clear())
        self.heal()
        with self._news:
            self.seen.clear()


class HeldEndTxn:
    """Keeps the first EndTxn that comes, lets its repetition pass, and hands the kept one to the broker once the next
    transaction has records there: the late twin of KIP-890. `answer` is the broker's error code for it."""

    links = None

    def __init__(self):
        self.sent, self.repeated, self.answer, self._kept = 0, False, None, None

    async def see(self, frame):
        if frame.up and frame.api == END_TXN:
            self.sent += 1
            if self.sent == 1:
                self._kept, frame.connection.kept = frame, True
                self.links.note("endtxn kept")
                return None
        elif not frame.up and frame.api == END_TXN:
            self.repeated = self.sent > 1
        elif not frame.up and frame.api == PRODUCE and self.repeated and self._kept:
            kept, self._kept = self._kept, None
            data = await kept.connection.ask(kept)
            self.answer = struct.unpack(">h", data[12:14])[0]
            self.links.note("endtxn released")
        return frame


class Flip:
    """Flips one bit in the records of messages of one API that name a topic, so many times."""

    links = None

    def __init__(self, api, topic, times):
        self.api, self.topic, self.times = api, topic.encode(), times

    async def see(self, frame):
        wanted = self.times and frame.api == self.api and frame.up == (self.api == PRODUCE) and self.topic in frame.data
        at = last_of_a_batch(frame.data) if wanted else None
        if at:
            self.times -= 1
            frame.data[at] ^= 0x10
            self.links.note("flipped")
        return frame


def last_of_a_batch(data):
    """Place of a byte among the records of the first record batch (KIP-98 layout) in a message; None when it has none."""
    for at in range(4, len(data) - 61):
        length = struct.unpack(">i", data[at + 8 : at + 12])[0]
        if data[at + 16] == 2 and data[at + 8] == 0 and 49 < length <= len(data) - at - 12 and data[at : at + 2] == b"\0\0":
            return at + 12 + length - 1
    return None
