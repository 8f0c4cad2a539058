"""The table: every reader of data from outside is one row."""

from __future__ import annotations

from tests.fuzz.documents import DOCUMENTS
from tests.fuzz.files import FILES
from tests.fuzz.reader import Reader
from tests.fuzz.words import WORDS

READERS: tuple[Reader, ...] = (*DOCUMENTS, *FILES, *WORDS)
