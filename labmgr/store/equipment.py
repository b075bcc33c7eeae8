"""What is known of each device, and the configurations that belong to a lab's life."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import insert

from labmgr.domain.equipment import DeviceState, KeptConfig
from labmgr.store.database import columns, every, first, put
from labmgr.store.equipment_tables import device_states, kept_configs
from labmgr.store.journal import Book


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

    def keep_device_state(
        self, state: DeviceState, *, what: str = "", by: str = "", why: str = ""
    ) -> None:
        values = asdict(state)
        key = {"device": values.pop("device")}
        with self._db.write() as tx:
            put(tx, device_states, key, values)
            if what:
                self._note(tx, f"device:{state.device}", what, by=by, why=why)

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
