"""What is known of each device, and the configurations that belong to a lab's life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from sqlalchemy import insert

from labmgr.domain.equipment import DeviceState, KeptConfig
from labmgr.store.rows.database import columns, every, first, put
from labmgr.store.rows.equipment_tables import device_states, kept_configs
from labmgr.store.rows.journal import Book


class Equipped(Book):
    """One row a device; kept configurations are added and never changed."""

    def device_states(self, lab: str | None = None) -> list[DeviceState]:
        query = columns(device_states, DeviceState).order_by(device_states.c.device)
        if lab is not None:
            query = query.where(device_states.c.lab == lab)
        with self._db.read() as tx:
            return every(tx, query, DeviceState)

    def device_state(self, device: str) -> DeviceState:
        query = columns(device_states, DeviceState).where(device_states.c.device == device)
        with self._db.read() as tx:
            return first(tx, query, DeviceState) or DeviceState(device)

    def change_device_state(
        self,
        device: str,
        news: Mapping[str, object],
        *,
        lab_was: str | None = None,
        what: str = "",
        by: str = "",
        why: str = "",
    ) -> bool:
        """Read and written in one transaction: what others write meanwhile stays."""
        query = columns(device_states, DeviceState).where(device_states.c.device == device)
        with self._db.write() as tx:
            before = first(tx, query, DeviceState) or DeviceState(device)
            if lab_was is not None and before.lab != lab_was:
                return False
            values = asdict(replace(before, **news))  # type: ignore[arg-type]
            put(tx, device_states, {"device": values.pop("device")}, values)
            if what:
                self._note(tx, f"device:{device}", what, by=by, why=why)
        return True

    def kept_configs(self, lab: str | None = None, device: str | None = None) -> list[KeptConfig]:
        query = columns(kept_configs, KeptConfig)
        if lab is not None:
            query = query.where(kept_configs.c.lab == lab)
        if device is not None:
            query = query.where(kept_configs.c.device == device)
        with self._db.read() as tx:
            return every(tx, query.order_by(kept_configs.c.id), KeptConfig)

    def keep_config(self, kept: KeptConfig, *, by: str) -> None:
        told = f"sha256:{kept.sha256}" if kept.backup else kept.said
        what = f"{kept.kind} configuration of {kept.device}: {kept.backup or 'not read'}"
        with self._db.write() as tx:
            tx.execute(insert(kept_configs).values(**asdict(kept)))
            self._note(tx, f"lab:{kept.lab}", what, by=by, why=told)
