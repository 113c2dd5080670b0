"""The node types: every module in :mod:`acd.flow.nodes` that defines ``NODE``. No list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from acd.flow import nodes
from acd.flow.model import NodeType


@cache
def node_types() -> Mapping[str, NodeType[Any]]:
    """Return the node types by name, in alphabetical order.

    Raises:
        TypeError: a module defines no node type, or two define the same; a bug of the author.
    """
    found: dict[str, NodeType[Any]] = {}
    for module_info in sorted(pkgutil.iter_modules(nodes.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{nodes.__name__}.{module_info.name}")
        node_type = getattr(module, "NODE", None)
        if not isinstance(node_type, NodeType) or node_type.name in found:
            raise TypeError(f"{module.__name__} must define NODE, a node type of its own name")
        found[node_type.name] = node_type
    return MappingProxyType(found)
