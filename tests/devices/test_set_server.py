"""A server in a candidate's life: files and scripts filled in, outputs kept, no secret out."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import subprocess
from pathlib import Path

import pytest

from labmgr.domain.devices import Outcome
from labmgr.domain.equipment import Stage
from labmgr.domain.passage import Passage
from labmgr.domain.variables import fill
from labmgr.errors import BadInput, ConsoleError, DevicesRed
from labmgr.services.equipment import asking, lives, servers
from labmgr.services.equipment.values import values_for
from labmgr.services.lab import access
from tests.cli.conftest import Terminal
from tests.devices.test_switches import trusted
from tests.services.world import MINI

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = "serveur-debian.sh", "releve-debian.sh"
EXTERNALS = """\
  externals:
    backup:
      kind: server
      credentials:
        - {id: admin, login: sauve, for: candidate}
        - {id: cle-ssh, login: sauve, for: candidate, kind: ssh-key}
"""


@pytest.fixture
def lab(room):
    folder = room.world.templates / "room"
    folder.mkdir(exist_ok=True)
    text = MINI.replace("  option: SISR\n", f"  option: SISR\n{EXTERNALS}")
    (folder / "compose.yaml").write_text(text, encoding="utf-8")
    return room.world.session("Salle", 2, "room")[0]


class Server:
    """The declared server, with what the inventory says of its part in a sitting."""

    def __init__(self, room, folder, lab):
        self.room, self.folder, self.lab = room, folder, lab
        self.more = {"node": "backup"}

    def baseline(self, name, text):
        kept = self.room.world.home / "inventory" / "baselines"
        kept.mkdir(exist_ok=True)
        (kept / name).write_text(text, encoding="utf-8")
        return name

    @property
    def device(self):
        declared = self.room.world.home / "inventory" / "devices.yaml"
        head = declared.read_text().partition("    node:")[0].rstrip()
        lines = "".join(f"    {key}: {value}\n" for key, value in self.more.items())
        declared.write_text(f"{head}\n{lines}")
        [found] = self.room.devices("srv")
        return found

    @property
    def values(self):
        return values_for(self.room.tools, self.lab, self.device)

    def set(self):
        tools, lab = self.room.tools, self.lab.id
        return servers.set_server(tools, self.device, self.values, by="technicien", lab=lab)

    def collect(self):
        return servers.collect(self.room.tools, self.device, self.values, by="technicien")

    def kept(self, what):
        configs, name = self.room.tools.configs, f"srv.{what}"
        return [configs.text(name, one.name) for one in configs.backups(name)]

    def told(self):
        return [one.what for one in self.room.tools.store.entries("device:srv")]


@pytest.fixture
def srv(room, server, lab):
    trusted(room)
    return Server(room, server, lab)


def test_a_device_knows_its_place_its_candidate_and_its_nodes_accounts(srv):
    values = srv.values
    assert (values["PLACE"], values["DEVICE"], values["HOSTNAME"]) == ("P1", "srv", "srv")
    assert values["CANDIDATE_NO"] == srv.lab.candidate
    assert values["LAB_NET"].startswith("10.")
    assert values["LOGIN_ADMIN"] == "sauve"
    assert len(values["PASSWORD_ADMIN"]) >= 12
    assert values["PUBLIC_KEY_CLE_SSH"].startswith("ssh-")
    assert "PASSWORD_CLE_SSH" not in values
    assert srv.values == values  # made once
    srv.more = {"node": "other"}
    assert "LOGIN_ADMIN" not in srv.values


def test_files_and_script_carry_the_candidates_values(srv):
    files = "{" + f"{srv.folder}/app.conf: app.conf" + "}"
    srv.more |= {"baseline": srv.baseline("srv.sh", SET.format(folder=srv.folder)), "put": files}
    srv.baseline("app.conf", "user=${LOGIN_ADMIN}\nsecret=${PASSWORD_ADMIN}\nprice=5$$\n")
    report = srv.set()
    assert (report.outcome, report.backup) == (Outcome.ANSWERS, None)
    assert report.answer.os
    secret = srv.values["PASSWORD_ADMIN"]
    laid = srv.folder / "app.conf"
    assert laid.read_text() == f"user=sauve\nsecret={secret}\nprice=5$\n"
    assert stat.S_IMODE(laid.stat().st_mode) == 0o600
    assert (srv.folder / "made").read_text() == f"{secret} {srv.lab.candidate} {srv.folder}\n"
    assert srv.kept("baseline") == ["given *** to sauve\n"]
    state = srv.room.tools.store.device_state("srv")
    assert (state.stage, state.lab) == (Stage.SET, srv.lab.id)
    digest = hashlib.sha256(laid.read_bytes()).hexdigest()
    assert f"{laid} laid down, sha256 {digest}" in srv.told()
    assert [one for one in srv.told() if one.startswith("baseline ended with status 0")]


SET = """\
#!/bin/sh
set -eu
here={folder}
echo "given ${{PASSWORD_ADMIN}} to ${{LOGIN_ADMIN}}"
echo "${{PASSWORD_ADMIN}} ${{CANDIDATE_NO}} $$here" > {folder}/made
"""


def test_a_reset_is_the_same_again(srv):
    files = "{" + f"{srv.folder}/app.conf: app.conf" + "}"
    srv.more |= {"baseline": srv.baseline("srv.sh", f"rm -f {srv.folder}/work"), "put": files}
    srv.baseline("app.conf", "x=1\n")
    srv.set()
    (srv.folder / "work").write_text("the candidate's")
    (srv.folder / "app.conf").write_text("spoiled")
    srv.set()
    assert not (srv.folder / "work").exists()
    assert (srv.folder / "app.conf").read_text() == "x=1\n"


def test_nothing_is_sent_when_a_value_is_missing_or_would_be_read_as_a_command(srv):
    files = "{" + f"{srv.folder}/app.conf: app.conf" + "}"
    srv.more |= {"baseline": srv.baseline("srv.sh", "echo ${VLAN}"), "put": files}
    srv.baseline("app.conf", "x=1\n")
    with pytest.raises(BadInput, match=r"baselines/srv.sh: the variable VLAN has no value") as bad:
        srv.set()
    assert "PASSWORD_ADMIN, PLACE" in bad.value.hint
    assert srv.values["PASSWORD_ADMIN"] not in bad.value.hint
    device, tools = srv.device, srv.room.tools
    with pytest.raises(BadInput, match="the value of VLAN has a character"):
        servers.set_server(tools, device, {"VLAN": "10; reboot"}, by="technicien")
    srv.baseline("srv.sh", "echo $HOME")
    with pytest.raises(BadInput, match="neither") as bad:
        srv.set()
    assert "$$" in bad.value.hint
    assert not (srv.folder / "app.conf").exists()
    assert tools.store.device_state("srv").stage is Stage.UNKNOWN


def test_a_script_that_fails_is_red_with_its_last_line_and_no_secret(srv):
    text = "echo beginning\necho 'no way with ${PASSWORD_ADMIN}, password: autre'\nexit 4\n"
    srv.more |= {"baseline": srv.baseline("srv.sh", text)}
    with pytest.raises(ConsoleError) as red:
        srv.set()
    state = srv.room.tools.store.device_state("srv")
    assert (state.stage, state.lab) == (Stage.HALF, srv.lab.id)
    assert str(red.value) == "srv: srv.sh ended with status 4: no way with ***, password: ***"
    assert red.value.hint
    [kept] = srv.kept("baseline")
    assert kept.startswith("beginning\n")
    [report] = asking.all_at_once([srv.device], lambda _: srv.set())
    assert (report.outcome, report.said) == (Outcome.FAILED, str(red.value))


def test_what_a_script_collects_is_kept_whole_with_its_hash(srv):
    srv.more |= {"collect": srv.baseline("look.sh", "cat ${FILE:-/etc/hostname}\nid -un\n")}
    backup = srv.collect()
    [text] = srv.kept("collected")
    assert backup.device == "srv.collected"
    assert text.endswith("root\n" if os.getuid() == 0 else "\n")
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert srv.told()[-1].endswith(f"output {backup.name} kept, sha256 {digest}")
    srv.baseline("look.sh", "echo half of it\nexit 1\n")
    with pytest.raises(ConsoleError, match=r"look.sh ended with status 1: half of it"):
        srv.collect()
    assert srv.kept("collected")[0] == "half of it\n"
    assert srv.room.tools.configs.backups("srv") == []
    srv.baseline("look.sh", "echo 'password: tresSecret'\n")
    srv.collect()
    terminal = Terminal(srv.room.world)
    assert terminal.say("device", "output", "srv", "--collected").stdout == "password: ***\n"
    assert terminal.json("device", "output", "srv", "--collected")["lines"] == ["password: ***"]
    assert "has run no such script yet" in terminal.say("device", "output", "srv").stderr


def test_no_secret_of_a_script_is_in_logs_journal_or_kept_outputs(srv, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("paramiko").setLevel(logging.NOTSET)
    text = "echo '${PASSWORD_ADMIN}' >&2\necho bad ${PASSWORD_ADMIN}; exit 1\n"
    srv.more |= {"baseline": srv.baseline("srv.sh", text)}
    with pytest.raises(ConsoleError):
        srv.set()
    secret, tools = srv.values["PASSWORD_ADMIN"], srv.room.tools
    assert srv.kept("baseline") == ["***\nbad ***\n"]
    assert secret not in caplog.text + repr(tools.store.entries())
    home = [one for one in srv.room.world.home.rglob("*") if one.is_file()]
    assert not [one for one in home if secret.encode() in one.read_bytes()]


def test_the_account_on_the_equipment_is_among_the_labs_accesses(srv):
    shown = access.for_staff(srv.room.tools, srv.lab, by="prof").nodes[-1]
    assert (shown.node, shown.address, shown.doors) == ("backup", "", ())
    assert [one.login for one in shown.credentials] == ["sauve", "sauve"]
    assert shown.credentials[0].secret == srv.values["PASSWORD_ADMIN"]


def test_a_server_lives_with_its_lab_and_its_collection_needs_no_piece_to_keep(srv):
    tools, lab = srv.room.tools, srv.lab
    tools.store.keep_passages([Passage(lab.session, lab.candidate, place="P1")], by="prof")
    declared = srv.room.world.home / "inventory" / "devices.yaml"
    head, _, _ = declared.read_text().partition("    keep:")
    declared.write_text(head)
    srv.more |= {
        "baseline": srv.baseline("srv.sh", f"echo start > {srv.folder}/work"),
        "collect": srv.baseline("look.sh", f"cat {srv.folder}/work"),
    }
    assert srv.device.keep == ()
    lives.carry_out_prepare(tools, lab.id, by="labmgr")
    assert tools.store.device_state("srv").stage is Stage.SET
    (srv.folder / "work").write_text("what the candidate made\n")
    lives.carry_out_close(tools, lab.id, by="labmgr", since=tools.now())
    assert srv.kept("collected") == ["what the candidate made\n"]
    lives.carry_out_restore(tools, lab.id, by="labmgr")
    assert (srv.folder / "work").read_text() == "start\n"
    srv.baseline("look.sh", "echo gone; exit 7")
    with pytest.raises(DevicesRed, match="ended with status 7: gone"):
        lives.carry_out_close(tools, lab.id, by="labmgr", since=tools.now())
    assert "status 7: gone" in tools.store.kept_configs(lab.id)[-1].said


def test_the_scripts_that_come_with_labmgr_are_sound(srv):
    for name in EXAMPLES:
        text = (ROOT / "inventory" / "baselines" / name).read_text(encoding="utf-8")
        script = fill(text, srv.values)
        subprocess.run(["sh", "-n"], input=script.encode(), check=True)
        srv.baseline(name, text)
    srv.more |= {"collect": EXAMPLES[1]}  # it changes nothing, so it may be run here
    srv.collect()
    [text] = srv.kept("collected")
    assert text.startswith("### uname -srm\nLinux ")
    assert "### /srv/labo" in text


def test_files_are_put_and_fetched_by_hand_and_stay_closed(srv, tmp_path):
    terminal, [mine, there, back] = Terminal(srv.room.world), [tmp_path / one for one in "abc"]
    mine.write_bytes(bytes(range(256)))
    assert terminal.say("device", "put", "srv", str(mine), str(there)).exit_code == 0
    assert terminal.say("device", "fetch", "srv", str(there), str(back)).exit_code == 0
    assert back.read_bytes() == mine.read_bytes()
    assert stat.S_IMODE(back.stat().st_mode) == 0o600
    refused = terminal.say("device", "fetch", "srv", str(there), str(back))
    assert (refused.exit_code, "is there already" in refused.stderr) == (1, True)
