"""``/api/v1/flows``: flows drawn, what becomes of contacts in them, and how one of them walked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.flowviews import FlowDocument, FlowList, flow_document, flow_list, prepare
from acd.core.ids import ContactId
from acd.core.site import Site
from acd.ports.store import Role
from acd.web.errors import ApiError
from acd.web.routes import route


class VersionQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which version of the site; by default the running one."""

    version: str | None = None


class Flows:
    """The handlers.

    Args:
        centre: what is served.
        walk: returns a contact's walk as plain values, see :mod:`acd.app.walk`.
        old_site: returns a version of the site that is served no more, or None.
    """

    def __init__(
        self,
        centre: Centre,
        walk: Callable[[ContactId], Awaitable[Mapping[str, object]]],
        old_site: Callable[[str], Awaitable[Site | None]],
    ) -> None:
        self._centre = centre
        self._walk = walk
        self._load = old_site
        self._loaded: Site | None = None  # the old version that was looked at last

    @route("GET", "/api/v1/flows", Role.SUPERVISOR)
    async def flows(self, request: web.Request, query: VersionQuery) -> FlowList:
        """List the flows with what became of contacts in them.

        A journey begins when a flow takes a contact and has one outcome: contained, handed to a
        human as meant, escaped to a human, lost, or failed. Each version is counted by itself.
        """
        site = await self._site(query.version)
        state, journeys = self._centre.state, self._centre.journeys
        known = dict.fromkeys([*journeys.state.versions, *state.sites])
        return flow_list(
            site, journeys.version(site.version), running=state.site, versions=list(known)
        )

    @route("GET", "/api/v1/flows/{name}", Role.SUPERVISOR)
    async def flow(self, request: web.Request, name: str, query: VersionQuery) -> FlowDocument:
        """Show a flow as it is drawn, with how often each way was taken.

        Positions are in pixels of a drawing of `width` by `height`; `path` is the `d` of an SVG
        path from the source to the target.
        """
        site = await self._site(query.version)
        if name not in site.flows:
            raise ApiError(f"there is no flow {name!r}", code="flow-unknown")
        await asyncio.to_thread(prepare, site, name)
        return flow_document(site, name, self._centre.journeys.version(site.version))

    @route("GET", "/api/v1/contacts/{id}/walk", Role.SUPERVISOR, answer=dict[str, Any])
    async def walk(self, request: web.Request, id: ContactId) -> object:
        """Tell step by step what a contact did in the flows."""
        return await self._walk(id)

    async def _site(self, version: str | None) -> Site:
        state = self._centre.state
        site = state.sites.get(state.site if version is None else version)
        if site is None and version and version.isalnum():
            if self._loaded is None or self._loaded.version != version:
                self._loaded = await self._load(version)
            site = self._loaded
        if site is None:
            raise ApiError("no such version of the site was served", code="version-unknown")
        return site
