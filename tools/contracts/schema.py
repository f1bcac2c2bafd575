"""The vendor's schema: parsed once, kept under .build, and made strict about its custom scalars."""

import gzip
import hashlib
import pickle
import re
import sys
from pathlib import Path

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, build_ast_schema, parse
from graphql.type import is_specified_scalar_type

# Where a parsed schema nests deeper than Python's default allows when it is pickled.
RECURSION_LIMIT = 20_000

# Shapes of the custom scalars that money, time and identity travel in. All others must be text, except JSON.
SHAPES = {
    "Date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "DateTime": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})"),
    "Decimal": re.compile(r"-?\d+(\.\d+)?"),
    "Money": re.compile(r"-?\d+(\.\d+)?"),
    "UnsignedInt64": re.compile(r"\d{1,20}"),
    "BigInt": re.compile(r"-?\d+"),
    "URL": re.compile(r"[a-z][a-z0-9+.-]*:\S+"),
}
FREE = {"JSON"}


def load(path: Path, cache: Path) -> GraphQLSchema:
    """The schema of a gzipped SDL file; its syntax tree is cached by content, because parsing takes seconds."""
    packed = path.read_bytes()
    kept = cache / f"schema-{hashlib.sha256(packed).hexdigest()[:16]}.pickle"
    sys.setrecursionlimit(RECURSION_LIMIT)
    tree = _cached(kept)
    if tree is None:
        tree = parse(gzip.decompress(packed).decode("utf-8"), no_location=True)
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(tree))
    schema = build_ast_schema(tree, assume_valid=True)
    for scalar in schema.type_map.values():
        if isinstance(scalar, GraphQLScalarType) and not is_specified_scalar_type(scalar):
            scalar.serialize = _strict(scalar.name)
    return schema


def _cached(kept: Path):
    if not kept.exists():
        return None
    try:
        return pickle.loads(kept.read_bytes())
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError):
        return None  # Written by another version of the library: parse again.


def _strict(name: str):
    shape = SHAPES.get(name)

    def serialize(value):
        if name in FREE:
            return value
        if not isinstance(value, str):
            raise GraphQLError(f"{name} must be text, not {type(value).__name__}")
        if shape is not None and not shape.fullmatch(value):
            raise GraphQLError(f"{name} is misspelt")
        return value

    return serialize
