"""What `${…}` stands for in a device's baseline: its lab's values, its place, its accounts."""

from __future__ import annotations

from typing import Final

from labmgr.domain.inventory import Device
from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.domain.template import CredentialKind
from labmgr.domain.values import values_of
from labmgr.domain.variables import account_variable
from labmgr.services.lab.blueprint import candidate_of, credentials_of

PASSWORD: Final = "PASSWORD_"  # noqa: S105 - how such a variable begins


def values_for(tools: Tools, lab: Lab, device: Device) -> dict[str, str]:
    """By variable name. A device that stands for an external node knows that node's accounts.

    LOGIN_<ID> and PASSWORD_<ID>; of a key its public half, PUBLIC_KEY_<ID>.
    """
    template = tools.library.read(lab.template)
    values = values_of(template, lab, candidate_of(tools, lab), tools.site)
    values |= {"PLACE": device.place, "DEVICE": device.name, "HOSTNAME": device.name}
    if device.node in {one.name for one in template.externals}:
        for account in credentials_of(tools, lab, template):
            if account.node == device.node:
                name = account_variable(account.id)
                values[f"LOGIN_{name}"] = account.login
                if account.kind is CredentialKind.SSH_KEY:
                    values[f"PUBLIC_KEY_{name}"] = account.public
                else:
                    values[f"{PASSWORD}{name}"] = account.secret
    return values
