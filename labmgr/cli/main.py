"""The command's root."""

from __future__ import annotations

import click

from labmgr.cli import (
    backup,
    care,
    device,
    device_set,
    forms,
    incident,
    lab,
    passage,
    people,
    place,
    recette,
    record,
    rehearsal,
    spare,
    stock,
    suspension,
    timetable,
    wave,
)
from labmgr.cli.setup import setup
from labmgr.cli.shell import Polite


@click.group(cls=Polite, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Exam laboratories of real containers, one for each candidate."""


for command in (
    setup,
    care.doctor,
    people.account,
    stock.image,
    stock.template,
    people.session,
    people.candidate,
    forms.commission,
    forms.realisation,
    forms.document,
    timetable.timetable,
    passage.passage,
    incident.incident,
    wave.wave,
    spare.spare,
    lab.lab,
    care.snapshot,
    recette.recette,
    place.place,
    device.device,
    record.record,
    care.journal,
    backup.backup,
):
    main.add_command(command)
people.session.add_command(rehearsal.rehearse)

for setting in (
    device_set.baseline,
    device_set.restore,
    device_set.aside,
    device_set.back,
    device_set.put,
    device_set.fetch,
    device_set.output,
):
    device.device.add_command(setting)
for halting in (suspension.suspend, suspension.resume):
    passage.passage.add_command(halting)
