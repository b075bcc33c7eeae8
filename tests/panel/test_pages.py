"""A teacher's day on the pages: session, list, orders, looks; what goes wrong is said in French."""

import base64
import io
import re
import shutil
import zlib
from dataclasses import replace
from html import unescape

import pytest

from labmgr.domain.lab import LabState
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.work import JobKind, JobState
from labmgr.errors import EngineUnreachable
from labmgr.services.session import rosters
from tests.panel.compiled import panel
from tests.panel.conftest import Visitor
from tests.panel.world import KEY, ROOT, opened

BAD_LIST = """numéro;nom;majoration
7;Garnier;oui
8;Faure;1/3
1;Lefort;
"""
CANDIDATES = "/sessions/e6/candidats"
HOSTILE = '<script>alert("x")</script>'


def said(answer):
    return unescape(answer.get_data(as_text=True))


def flat(page):
    """The words of a page without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def order(client, verb, *labs, **more):
    return client.post("/labs/ordre", "/sessions/e6", verb=verb, lab=list(labs), **more)


def test_a_session_is_made_from_a_template(world, teacher):
    answer = teacher.post(
        "/sessions/nouvelle", "/sessions/nouvelle", title="E6 juin 2027", template="slam-core"
    )
    assert "Importez maintenant la liste" in said(answer)
    made = world.tools.store.session("e6-juin-2027")
    assert (made.title, made.option) == ("E6 juin 2027", "SLAM")


@pytest.mark.parametrize(
    ("title", "template", "words"),
    [
        ("E6", "sisr-core", "Il y a déjà une session e6"),
        ("…", "sisr-core", "ne donne pas de nom utilisable"),
        ("Autre", "none", "Il n'y a pas de modèle"),
    ],
)
def test_a_refused_session_keeps_what_was_typed(teacher, title, template, words):
    answer = teacher.post(
        "/sessions/nouvelle", "/sessions/nouvelle", title=title, template=template
    )
    assert answer.status_code == 400
    assert words in said(answer)
    assert f'value="{title}"' in said(answer)


def preview(client, text=BAD_LIST):
    return client.post(CANDIDATES + "/apercu", CANDIDATES, pasted=text)


def confirm(client, page):
    packed = re.search(r'name="packed" value="([^"]+)"', page)[1]
    return client.post(CANDIDATES + "/import", CANDIDATES, file="liste.csv", packed=packed)


def test_the_preview_names_each_bad_line_and_saves_nothing(world, teacher):
    before = world.tools.store.candidates("e6")
    page = said(preview(teacher))
    words = flat(page)
    assert "« oui » ne dit pas combien" in words
    assert "Écrivez la fraction ajoutée, 1/3 ou 33 %" in words
    assert re.search(r'data-label="Ligne">2<', page)
    assert re.search(r'data-label="Colonne">majoration<', page)
    assert "1 nouveau" in words
    assert "1 modifié" in words
    assert world.tools.store.candidates("e6") == before


def test_the_good_lines_are_saved_and_importing_again_adds_nothing(world, teacher):
    page = said(preview(teacher))
    assert "2 candidats enregistrés" in said(confirm(teacher, page))
    assert [one.number for one in world.tools.store.candidates("e6")] == ["1", "2", "3", "8"]
    codes = {number: world.code(number) for number in "1238"}
    numbers = [lab.number for lab in world.labs()]
    again = said(preview(teacher))
    assert "Il n'y a rien à enregistrer" in again
    packed = base64.b64encode(zlib.compress(BAD_LIST.encode())).decode()
    answer = teacher.post(CANDIDATES + "/import", CANDIDATES, file="l.csv", packed=packed)
    assert "0 candidat" in said(answer)
    assert {number: world.code(number) for number in "1238"} == codes
    assert [lab.number for lab in world.labs()] == numbers


def test_a_list_is_corrected_in_the_page_and_a_change_shows_what_was_there(teacher):
    page = said(preview(teacher, "numéro;nom;majoration\n1;Lefort;\n8;Petit;oui\n"))
    assert re.search(r"<textarea[^>]*>numéro;nom;majoration\n1;Lefort;\n8;Petit;oui", page)
    assert "avant : Lefèvre ensuite : Lefort" in flat(page)
    assert "Corriger ici" not in said(preview(teacher, "numéro;nom\n1;Lefort\n"))


def test_a_list_for_which_lab_numbers_lack_saves_nothing(world, teacher):
    many = "numéro;nom\n" + "".join(f"{number};N\n" for number in range(10, 200))
    answer = flat(said(confirm(teacher, said(preview(teacher, many)))))
    assert "190 nouvelles personnes, et 152 numéros de labo sont libres" in answer
    assert len(world.tools.store.candidates("e6")) == 3


def test_a_file_is_read_whatever_program_wrote_it(world, teacher):
    data = "N°,Nom,Prénom\r\n11,Béranger,Noël\r\n".encode("cp1252")
    answer = teacher.post(CANDIDATES + "/apercu", CANDIDATES, file=(io.BytesIO(data), "liste.csv"))
    assert "Béranger" in said(answer)
    assert "1 nouveau" in flat(said(answer))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vide"),
        (b"\x00\x01\x02\xff" * 100, "Enregistrez"),
        (b"a;b\n1;2\n", "aucune colonne pour le numéro"),
    ],
)
def test_a_list_that_cannot_be_read_is_explained(world, teacher, data, words):
    answer = teacher.post(CANDIDATES + "/apercu", CANDIDATES, file=(io.BytesIO(data), "liste.csv"))
    assert answer.status_code == 200
    assert words in flat(said(answer))
    assert len(world.tools.store.candidates("e6")) == 3


def test_no_list_at_all_and_a_list_lost_on_the_way(teacher):
    assert "Aucune liste" in said(preview(teacher, ""))
    for packed in ("", "not base64!", base64.b64encode(b"not packed").decode()):
        answer = teacher.post(CANDIDATES + "/import", CANDIDATES, file="x", packed=packed)
        assert answer.status_code == 400
        assert "s'est perdue en route" in said(answer)


def test_a_packed_list_that_would_fill_the_memory_is_refused(teacher):
    bomb = base64.b64encode(zlib.compress(b"0" * (64 << 20))).decode()
    answer = teacher.post(CANDIDATES + "/import", CANDIDATES, file="x", packed=bomb)
    assert answer.status_code == 400


def test_a_file_that_is_far_too_large_is_refused_with_words(app, teacher):
    assert app.config["MAX_CONTENT_LENGTH"] == 4 << 20
    app.config["MAX_CONTENT_LENGTH"] = 1000  # a small upload will do
    data = io.BytesIO(b"1;2\n" * 1000)
    answer = teacher.post(CANDIDATES + "/apercu", CANDIDATES, file=(data, "liste.csv"))
    assert answer.status_code == 413
    assert "trop grand" in said(answer)


def test_slips_come_as_a_pdf_for_some_or_all(world, teacher):
    one = teacher.post(CANDIDATES + "/fiches", CANDIDATES, number="1")
    every = teacher.post(CANDIDATES + "/fiches", CANDIDATES)
    assert one.mimetype == every.mimetype == "application/pdf"
    assert one.data.startswith(b"%PDF")
    assert len(every.data) > len(one.data)
    assert world.tools.store.entries("session:e6")[-1].what == "3 slips printed"


def test_a_new_code_replaces_the_old_one(world, teacher):
    before = world.code("2")
    asked = said(teacher.post(CANDIDATES + "/2/code", CANDIDATES))
    assert "ne vaudra plus rien" in asked
    assert world.code("2") == before
    answer = teacher.post(CANDIDATES + "/2/code", CANDIDATES, sure="yes")
    assert "Nouveau code pour 2" in said(answer)
    assert world.code("2") != before
    assert world.code("2") not in said(answer)


def test_a_candidate_is_taken_off_the_list_once_one_is_sure(world, teacher):
    asked = said(teacher.post(CANDIDATES + "/2/retrait", CANDIDATES))
    assert "Retirer le candidat 2 de la liste ?" in asked
    assert len(world.tools.store.candidates("e6")) == 3
    answer = teacher.post(CANDIDATES + "/2/retrait", CANDIDATES, sure="yes")
    assert "Candidat 2 retiré de la liste." in said(answer)
    assert [one.number for one in world.tools.store.candidates("e6")] == ["1", "3"]


def test_labs_are_built_opened_and_closed_by_order(world, teacher):
    labs = [lab.id for lab in world.labs()]
    assert "3 ordres donnés" in said(order(teacher, "build", *labs))
    assert "every 2s" in teacher.text("/sessions/e6/_labs")
    world.work()
    assert "3 prêt" in flat(teacher.text("/sessions/e6/_labs"))
    assert "every 10s" in teacher.text("/sessions/e6/_labs")
    order(teacher, "open", labs[0])
    world.work()
    assert world.tools.store.lab(labs[0]).state is LabState.OPEN
    order(teacher, "close", labs[0])
    world.work()
    assert world.tools.store.lab(labs[0]).state is LabState.READY


@pytest.mark.parametrize(
    ("verb", "kind"),
    [
        ("freeze", JobKind.FREEZE),
        ("probe", JobKind.PROBE),
        ("snapshot", JobKind.SNAPSHOT),
        ("rehearse", JobKind.REHEARSE),
    ],
)
def test_every_other_order_reaches_the_worker(world, teacher, verb, kind):
    world.ready()
    lab = world.labs()[0].id
    if verb == "freeze":
        order(teacher, "open", lab)
        world.work()
    assert "1 ordre donné" in said(order(teacher, verb, lab))
    assert world.tools.store.jobs(lab=lab)[0].kind is kind
    world.work()
    assert world.tools.store.jobs(lab=lab)[0].state is JobState.DONE


def test_a_refused_order_says_why_and_stops_none_of_the_others(world, teacher):
    first, second, _ = (lab.id for lab in world.labs())
    order(teacher, "build", first)
    world.work()
    answer = said(order(teacher, "open", first, second))
    assert "1 ordre donné" in answer
    words = flat(answer)
    assert f"Le labo {second} est dans l'état « prévu » et ne peut pas devenir « ouvert »" in words
    assert "Construisez-le d'abord." in words


def test_a_frozen_lab_is_opened_again_only_after_a_question(world, teacher):
    world.ready()
    first, second, third = (lab.id for lab in world.labs())
    order(teacher, "open", first)
    world.work()
    order(teacher, "freeze", first)
    world.work()
    before = len(world.tools.store.jobs())
    page = said(order(teacher, "open", first, second, third))
    assert "Rouvrir un labo gelé ?" in page
    assert "1 labo gelé" in page
    assert len(world.tools.store.jobs()) == before
    assert "2 ordres donnés" in said(order(teacher, "open", first, second, third, sure="others"))
    world.work()
    states = [world.tools.store.lab(lab).state for lab in (first, second, third)]
    assert states == [LabState.FROZEN, LabState.OPEN, LabState.OPEN]
    assert "Ouvrir seulement" not in said(order(teacher, "open", first))
    order(teacher, "open", first, sure="yes")
    world.work()
    assert world.tools.store.lab(first).state is LabState.OPEN


def test_nothing_ticked_and_an_unknown_order_do_no_harm(world, teacher):
    assert "Cochez d'abord" in said(order(teacher, "build", session="e6"))
    assert order(teacher, "explode", world.labs()[0].id).status_code == 400
    assert order(teacher, "build", "nowhere-1-1").status_code == 404
    assert not world.tools.store.jobs()


def test_a_build_that_does_not_fit_is_refused_with_its_numbers(world, teacher):
    from dataclasses import replace  # noqa: PLC0415 - the machine shrinks here only

    world.engine.host_facts = replace(world.engine.host_facts, memory_free=1200 << 20)
    answer = flat(said(order(teacher, "build", *(lab.id for lab in world.labs()))))
    assert "3 labo(s) ne peuvent pas être construits ici" in answer
    assert re.search(r"mémoire : \d+ Mio voulus, 176 Mio libres", answer)


@pytest.mark.parametrize("verb", ["reset", "remove"])
def test_what_loses_work_asks_first_on_a_page_of_its_own(world, teacher, verb):
    world.ready()
    before = len(world.tools.store.jobs())
    labs = [lab.id for lab in world.labs()]
    page = said(order(teacher, verb, *labs))
    assert "Ce qui sera perdu" in page
    assert "3 labos concernés" in page
    assert len(world.tools.store.jobs()) == before
    assert "3 ordres donnés" in said(order(teacher, verb, *labs, sure="yes"))
    world.work()
    wanted = LabState.READY if verb == "reset" else LabState.GONE
    assert {lab.state for lab in world.labs()} == {wanted}


def test_an_open_lab_is_reset_only_with_a_reason_that_is_kept(world, teacher):
    world.ready()
    lab = world.labs()[0].id
    order(teacher, "open", lab)
    world.work()
    assert 'id="why"' in said(order(teacher, "reset", lab))
    refused = said(order(teacher, "reset", lab, sure="yes", why=" "))
    assert "est ouvert : sa candidate ou son candidat y travaille" in refused
    order(teacher, "reset", lab, sure="yes", why="panne de la place 3")
    world.work()
    assert world.tools.store.lab(lab).state is LabState.READY
    assert "panne de la place 3" in [row.why for row in world.tools.store.entries(f"lab:{lab}")]


def test_some_nodes_alone_are_reset(world, teacher):
    world.ready()
    lab = world.labs()[0].id
    more = {"from": "lab"}
    page = said(order(teacher, "reset", lab, node=["db", "srv"], **more))
    assert "Tout ce qui a été fait sur db, srv" in page
    order(teacher, "reset", lab, node=["db", "srv"], sure="yes", **more)
    assert world.tools.store.jobs(lab=lab)[0].args == {"nodes": "db srv"}


def test_a_snapshot_is_restored_with_a_reason(world, teacher):
    world.ready()
    lab = world.labs()[0].id
    snapshot = world.tools.store.snapshots(lab)[0].id
    more = {"snapshot": snapshot, "from": "lab"}
    assert snapshot in said(order(teacher, "restore", lab, **more))
    assert "Il manque le motif" in said(order(teacher, "restore", lab, sure="yes", **more))
    order(teacher, "restore", lab, sure="yes", why="essai", **more)
    world.work()
    assert world.tools.store.jobs(lab=lab)[0].state is JobState.DONE


def test_a_lab_page_shows_what_was_seen(world, teacher):
    world.ready()
    page = teacher.text("/labs/e6-1-1")
    words = flat(page)
    assert "10.101.10.30" in words
    assert "Un seul noyau" in words
    assert "srv et alp" in words
    assert "fake ldap 10.101.10.10" in words
    assert "start-" in words
    assert "tout est vert, instantané de départ vérifié" in words
    assert 'class="node running"' in page
    assert "${LAB_NET}" not in page


def test_a_node_that_is_gone_is_shown_as_missing(world, teacher):
    world.ready()
    world.engine.set_seen("e6-1-1", "db", None)
    world.engine.set_seen("e6-1-1", "srv", Seen.STOPPED)
    page = teacher.text("/labs/e6-1-1/_live")
    assert 'class="node missing"' in page
    assert "introuvable" in page
    assert "arrêté" in page


def test_a_red_probe_shows_its_words_and_the_way_out(world, teacher):
    world.engine.red["db/1"] = "Access denied for user 'admin'"
    order(teacher, "build", "e6-1-1")
    world.work()
    words = flat(teacher.text("/labs/e6-1-1"))
    assert "en panne" in words
    assert "Access denied for user 'admin'" in words
    assert "1 sonde sur" in words
    assert "Access denied" in flat(teacher.text("/sessions/e6"))


def test_an_engine_that_is_silent_is_said_and_the_pages_open(world, teacher):
    world.ready()
    silent = EngineUnreachable("local")
    world.engine.fails_with = {"look": silent, "facts": silent}
    for path in ("/labs/e6-1-1", "/_machine", "/sante"):
        assert "ne répond pas" in flat(teacher.text(path)), path
    assert "systemctl status docker" in teacher.text("/labs/e6-1-1")


def test_accesses_are_shown_to_staff_and_that_is_noted(world, teacher):
    world.ready()
    page = teacher.post("/labs/e6-1-1/acces", "/sessions/e6").get_data(as_text=True)
    secrets = [one for one in world.tools.store.credentials("e6-1-1") if one.node == "db"]
    mine = [one.secret for one in secrets if one.audience == "candidate"]
    assert all(unescape(secret) in unescape(page) for secret in mine)
    ours = [one.secret for one in secrets if one.audience == "labmgr"]
    assert not any(secret in unescape(page) for secret in ours)
    last = world.tools.store.entries("lab:e6-1-1")[-1]
    assert (last.what, last.by) == ("credentials shown", "teacher")


def test_no_lab_page_holds_a_secret_before_somebody_asks(world, teacher):
    world.ready()
    secrets = [one.secret for one in world.tools.store.credentials("e6-1-1")]
    for path in ("/labs/e6-1-1", "/labs/e6-1-1/_live", "/sessions/e6", "/journal"):
        page = unescape(teacher.text(path))
        assert not [one for one in secrets if one in page], path


def test_a_session_opens_closes_and_goes(world, teacher):
    state = "/sessions/e6/etat"
    teacher.post(state, "/sessions/e6", verb="open")
    assert world.tools.store.session("e6").state == "open"
    teacher.post(state, "/sessions/e6", verb="close")
    assert world.tools.store.session("e6").state == "closed"
    assert "3 candidats" in teacher.text("/sessions/e6/suppression")
    assert "Session supprimée" in said(teacher.post("/sessions/e6/suppression", "/sessions/e6"))
    assert not world.tools.store.sessions()


def test_a_session_with_open_labs_is_not_closed_and_with_labs_not_removed(world, teacher):
    world.ready()
    order(teacher, "open", "e6-1-1")
    world.work()
    teacher.post("/sessions/e6/etat", "/sessions/e6", verb="open")
    answer = teacher.post("/sessions/e6/etat", "/sessions/e6", verb="close")
    assert "a des labos ouverts : e6-1-1" in said(answer)
    answer = teacher.post("/sessions/e6/suppression", "/sessions/e6")
    assert "a encore des labos" in said(answer)
    assert world.tools.store.session("e6").state == "open"


def test_a_probe_that_still_waits_is_no_alarm(world, teacher):
    world.ready()
    (first, *_) = world.tools.store.findings("e6-1-1")
    waits = replace(first, green=False, final=False, evidence="port 389 : Connection refused")
    world.tools.store.keep_finding("e6-1-1", waits)
    page = teacher.text("/labs/e6-1-1")
    assert "pas encore" in page
    assert 'class="state bad"' not in page
    world.tools.store.keep_finding("e6-1-1", replace(waits, final=True))
    assert 'class="state bad"' in teacher.text("/labs/e6-1-1")


def test_a_session_does_not_open_without_its_images(world, teacher):
    world.images.present.clear()
    answer = said(teacher.post("/sessions/e6/etat", "/sessions/e6", verb="open"))
    assert "ne peut pas ouvrir : images absentes : labmgr/" in answer
    assert "absente" in teacher.text("/modeles/sisr-core/_images")


def test_the_journal_is_filtered_and_verified(world, teacher):
    words = flat(teacher.text("/journal?sujet=session:e6"))
    assert "candidats importés" in words
    assert "ajouté avec le rôle" not in words
    assert "Le journal est intact" in teacher.text("/journal/verification")


def test_a_journal_that_was_altered_is_told(world, teacher):
    with world.tools.store._db.engine.begin() as tx:  # noqa: SLF001 - a hand in the file itself
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS journal_no_update")
        triggers = tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='trigger'")
        for (name,) in triggers.fetchall():
            tx.exec_driver_sql(f"DROP TRIGGER {name}")
        tx.exec_driver_sql("UPDATE journal SET what='nothing happened' WHERE rank=3")
    assert "La chaîne est rompue à la ligne 3" in teacher.text("/journal/verification")


def test_rows_missing_at_the_journals_end_are_told(world, teacher):
    verify = "/journal/verification"
    with world.tools.store._db.engine.begin() as tx:  # noqa: SLF001 - a hand in the file itself
        last = tx.exec_driver_sql("SELECT max(rank) FROM journal").scalar()
        tx.exec_driver_sql(f"DELETE FROM journal WHERE rank = {last}")
    assert f"la dernière ligne écrite par labmgr portait le rang {last}" in teacher.text(verify)
    assert "intact" not in teacher.text(verify)
    with world.tools.store._db.engine.begin() as tx:  # noqa: SLF001
        tx.exec_driver_sql("DELETE FROM secrets WHERE name = 'journal:newest'")
    assert "Le sceau de la dernière ligne manque" in teacher.text(verify)


def test_errors_are_in_french_and_say_what_to_do(teacher):
    for path, words in {
        "/labs/none": "Il n'y a pas de labo none La page de la session les montre.",
        "/sessions/none": "Il n'y a pas de session none Le tableau de bord les montre.",
        "/modeles/none": "Il n'y a pas de modèle",
        "/nowhere": "Cette page n'existe pas",
    }.items():
        answer = teacher.get(path)
        assert answer.status_code == 404
        assert words in flat(said(answer)), path
        assert 'lang="en"' not in said(answer), path


def test_a_bug_is_owned_up_to_without_its_entrails(world, teacher, caplog):
    world.engine.fails_with = {"look": RuntimeError("secret entrails")}
    answer = teacher.get("/labs/e6-1-1")
    assert answer.status_code == 500
    assert "Une erreur de labmgr" in said(answer)
    assert "entrails" not in said(answer)
    assert "secret entrails" in caplog.text


def test_a_part_of_a_page_that_fails_says_so_in_its_place(teacher):
    answer = teacher.get("/labs/none/_live", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert "<html" not in said(answer)


def test_hostile_names_stay_text(world, teacher, visitor):
    hostile = f"numéro;nom;prénom;place\n9;{HOSTILE};x;{HOSTILE}\n"
    assert HOSTILE not in preview(teacher, hostile).get_data(as_text=True)
    rosters.import_file(world.tools, "e6", "l.csv", hostile.encode(), by="teacher")
    rosters.create_session(world.tools, HOSTILE, "sisr-core", by="teacher")
    world.ready()
    order(teacher, "open", "e6-9-1")
    world.work()
    candidate = visitor().sit_down(world, "9")
    pages = [teacher.text(path) for path in ("/", "/sessions/e6", CANDIDATES, "/labs/e6-9-1")]
    for page in (*pages, candidate.text("/portail")):
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


@pytest.fixture
def faulty(seed, tmp_path):
    home, passwords = seed
    shutil.copytree(home, tmp_path / "home")
    templates = tmp_path / "lab_templates"
    shutil.copytree(ROOT / "lab_templates", templates)
    world = opened(tmp_path / "home", passwords, templates=templates)
    file = templates / "sisr-core" / "compose.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    hostname: db\n", "    hostname: db\n    privileged: true\n"))
    yield Visitor(panel(world.tools, secret_key=KEY)).log_in(world, "teacher")
    world.tools.store.close()


def test_a_faulty_template_is_shown_with_line_key_and_mend(faulty):
    page = faulty.text("/modeles/sisr-core")
    words = flat(page)
    assert re.search(r"sisr-core/compose.yaml:\d+", page)
    assert "services.db.privileged" in words
    assert "privileged" in words
    assert "cap_add" in words
    assert 'lang="en"' not in page
    assert "1 faute" in flat(faulty.text("/modeles"))


def test_pages_of_a_faulty_template_still_open(faulty):
    for path in ("/sessions/e6", "/labs/e6-1-1", CANDIDATES, "/sessions/nouvelle", "/"):
        assert faulty.get(path).status_code == 200, path
    assert "comporte des fautes" in faulty.text("/sessions/e6")
    answer = flat(said(order(faulty, "build", "e6-1-1")))
    assert "services.db.privileged" in answer


def test_equipment_that_a_template_counts_on_is_shown_with_its_accounts(seed, tmp_path):
    home, passwords = seed
    shutil.copytree(home, tmp_path / "home")
    templates = tmp_path / "lab_templates"
    shutil.copytree(ROOT / "lab_templates", templates)
    file = templates / "sisr-core" / "compose.yaml"
    external = """\
  externals:
    sw:
      title: Commutateur du poste
      kind: switch
      provides: [IIE-2.1-a]
      credentials: [{id: admin, login: gestion, for: candidate}]
"""
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  option: SISR\n", f"  option: SISR\n{external}"))
    world = opened(tmp_path / "home", passwords, templates=templates)
    teacher = Visitor(panel(world.tools, secret_key=KEY)).log_in(world, "teacher")
    assert "Commutateur du poste" in teacher.text("/modeles/sisr-core")
    assert "équipement de la place" in teacher.text("/modeles/sisr-core")
    page = unescape(teacher.post("/labs/e6-1-1/acces", "/sessions/e6").get_data(as_text=True))
    [account] = [one for one in world.tools.store.credentials("e6-1-1") if one.node == "sw"]
    assert "équipement de la place" in page
    assert account.secret in page
    world.tools.store.close()


def test_the_gateway_is_listed_with_the_nodes(world, teacher):
    world.ready()
    assert GATEWAY in teacher.text("/labs/e6-1-1/_live")


def test_what_was_written_in_a_form_survives_a_login_that_ended(world, visitor):
    client = visitor().log_in(world, "teacher")
    token = client.token(CANDIDATES)
    client.http.delete_cookie("labmgr")
    typed = {"csrf_token": token, "pasted": "numéro;nom\n9;Typed", "packed": "secret"}
    url = CANDIDATES + "/apercu"
    answer = client.http.post(url, data=typed, headers={"Referer": "http://localhost" + CANDIDATES})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "Votre connexion a pris fin, rien n'a été fait" in flat(page)
    assert "numéro;nom\n9;Typed</textarea>" in page
    assert f"/connexion?next={CANDIDATES}" in page
    assert "secret" not in page
    elsewhere = client.http.post(url, data=typed, headers={"Referer": "https://elsewhere/x"})
    assert "elsewhere" not in elsewhere.get_data(as_text=True)


def test_a_wrong_password_or_code_keeps_the_name_that_was_typed(visitor):
    answer = visitor().post("/connexion", login='prof"><i>', password="typed in vain")
    assert 'value="prof&#34;&gt;&lt;i&gt;"' in answer.get_data(as_text=True)
    page = "/portail/entree"
    answer = visitor().post(page, page, number="2", code="typed in vain").get_data(as_text=True)
    assert re.search(r'name="number"[^>]*value="2"', answer)
    assert "typed in vain" not in answer


def test_a_refusal_keeps_the_menu_of_staff(teacher):
    assert "Menu principal" in teacher.text("/labs/none")


def test_orders_that_nobody_carries_out_are_said_where_they_are_given(world, teacher):
    paths = ("/", "/sessions/e6", "/labs/e6-1-1", "/sessions/e6/journee")
    words = "Personne n'exécute les ordres."
    assert all(words in flat(said(teacher.get(path))) for path in paths)
    assert re.search(r"\d points? (est|sont) à surveiller", flat(said(teacher.get("/sante"))))
    world.tools.store.beat("w", world.tools.clock())
    assert not any(words in flat(said(teacher.get(path))) for path in paths)


def test_a_broken_lab_says_why_at_the_top_of_its_page(world, teacher):
    world.engine.red["sup/2"] = "HTTP 500"
    order(teacher, "build", world.labs()[0].id)
    world.work()
    page = flat(teacher.text("/labs/e6-1-1"))
    assert page.index("construction : refusé. 1 sonde sur 29") < page.index("Topologie")
