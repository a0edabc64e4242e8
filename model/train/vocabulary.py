"""Which pieces of an encoder's vocabulary the model keeps: a quarter of BERT's is never met in news, and each takes 388 bytes of the file."""
import collections
import json
import subprocess

import numpy as np

from corpora import DATA
from inputs import views

SEEN = 12  # times in the 19,000 unlabelled articles, to be kept
CHUNK = 20000


def kept_pieces(pieces, model):
    """Ids of pieces to keep, in their order: special ones, single characters, and those seen often enough."""
    raw = subprocess.run(["zstd", "-dc", DATA / "load" / "articles_19k_unlabelled.jsonl.zst"], stdout=subprocess.PIPE, check=True).stdout
    paragraphs = [p for line in raw.decode().split("\n") if line for p in json.loads(line)["content_original"].replace("\0", "").split("\n") if p.strip()]
    seen = collections.Counter()
    for i in range(0, len(paragraphs), CHUNK):
        seen.update(np.concatenate([v.id for v in views(paragraphs[i : i + CHUNK], model)]).tolist())
    return [i for i, p in enumerate(pieces) if p in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[unused0]") or len(p.removeprefix("##")) == 1 or seen[i] >= SEEN]
