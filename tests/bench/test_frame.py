"""The benches' own frame: what is listed, what is told, what a floor writes, what is kept and drawn."""

import json
import subprocess
import sys
from datetime import date

import pytest

from bench import __main__ as runner
from bench import counters
from bench.frame import budget, drawing, replay, results
from bench.frame.measuring import Goal, Measurement, percentile
from bench.frame.offices import Office
from clients.models import Client
from invoices.models import Invoice
from tests import make, small_office

KEYS = {
    "what", "n", "median", "p95", "queries", "memory", "floor", "floor_median", "ratio", "parts", "rows",
    "goal", "met", "load",
}  # fmt: skip


def measured(what: str, *times: float, bench: str = "lists", size: str = "10k", **more) -> dict:
    return {"bench": bench, "size": size, **Measurement(what, list(times), **more).as_json()}


def test_benches_are_listed(capsys):
    assert runner.main(["--list"]) == 0
    assert {"lists", "pages", "search", "counters", "renewal"} <= set(capsys.readouterr().out.split())


def test_an_unknown_bench_is_refused_before_anything_is_made(capsys):
    assert runner.main(["lsts"]) == 2
    assert "lsts" in capsys.readouterr().err


def test_the_command_starts_without_a_database():
    said = subprocess.run(
        [sys.executable, "-m", "bench", "--list"], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == runner.BENCHES


@pytest.mark.django_db
def test_a_bench_in_the_small_office_tells_what_it_measured():
    small_office.office(small_office.staff()["account_manager"])
    told = [one.as_json() for one in counters.measure(Office("small"))]
    assert len(told) == 2
    for one in told:
        assert set(one) == KEYS
        assert one["queries"] == 1
        assert one["ratio"] > 0
        assert json.loads(json.dumps(one)) == one


def test_a_goal_is_met_by_time_and_by_ratio():
    assert measured("a", 1, 2, 3, goal=Goal(ms=2))["met"] is True
    assert measured("a", 1, 2, 3, goal=Goal(p95=2))["met"] is False
    assert measured("a", 4.0, floor_times=[2.0], goal=Goal(ms=9, ratio=1.5))["met"] is False
    assert measured("a", 4.0)["met"] is None
    assert percentile([3.0, 1.0, 2.0], 95) == 3


@pytest.mark.django_db
class TestReplay:
    """The floor of what writes."""

    def deed(self) -> None:
        client = make.client(name="Новая", email="new@new.example")
        Client.objects.exclude(pk=client.pk).update(name="Другая")
        make.order(client, self.wanted, starts_on=date(2026, 12, 1))

    @pytest.fixture
    def taken(self):
        """What a deed wrote, taken down; the deed itself is undone."""
        seller = make.seller()
        make.client(name="Прежняя")
        self.wanted = small_office.Wanted(make.product(seller=seller), "half_year")
        with replay.undone():
            highest, began = replay._highest(), replay._transaction()
            self.deed()
            self.written = self.everything()
            taken = replay.take_down(highest, began)
        assert self.everything() != self.written
        return taken

    def everything(self) -> dict[str, list[dict]]:
        return {
            model._meta.db_table: list(model._base_manager.order_by("pk").values())
            for model in replay.written_models()
        }

    @pytest.mark.parametrize("put", [replay.at_once, replay.one_by_one])
    def test_it_writes_the_very_same_rows(self, taken, put):
        replay._stage(taken)
        put(taken)
        assert self.everything() == self.written

    def test_history_is_written_by_its_triggers(self, taken):
        history = Client.pgh_event_model.objects
        assert not history.exists()
        replay._stage(taken)
        replay.at_once(taken)
        assert history.get().name == "Прежняя"

    def test_only_tables_that_were_written_are_taken(self, taken):
        assert Invoice not in {rows.model for rows in taken}
        assert Client in {rows.model for rows in taken}


def test_figures_are_kept_by_commit_and_the_same_thing_is_replaced(tmp_path):
    results.keep([measured("a", 1.0), measured("b", 1.0)], {"fsync": "on"}, tmp_path)
    file = results.keep([measured("a", 2.0), measured("a", 3.0, size="1m")], {"fsync": "on"}, tmp_path)
    kept = json.loads(file.read_text())
    assert file.stem == kept["commit"] == results.commit()
    figures = {(one["what"], one["size"]): one["median"] for one in kept["measurements"]}
    assert figures == {("a", "10k"): 2, ("b", "10k"): 1, ("a", "1m"): 3}
    assert {"machine", "database", "at"} <= set(kept)


def test_a_table_names_what_missed_its_goal():
    late = measured("client-list", 80.0, goal=Goal(ms=50), parts={"sql": 12.5})
    lines = results.table([late, measured("job-list", 8.0, goal=Goal(ms=50))]).splitlines()
    assert lines[1].startswith("client-list")
    assert lines[1].endswith("missed")
    assert "12.5" in lines[1]
    assert not lines[2].endswith("missed")


def test_the_page_gets_tables_and_curves_between_its_marks(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"# Benches\n{drawing.BEGIN}\nold\n{drawing.END}\nthe end\n")
    figures = [measured("client-list", 20.0 + n, size=size) for n, size in enumerate(drawing.OFFICES)]
    results.keep(figures, {}, tmp_path / "results")
    for _twice in range(2):
        drawing.rewrite(readme, tmp_path / "results")
    text = readme.read_text()
    assert text.startswith("# Benches\n")
    assert text.endswith("the end\n")
    assert "old" not in text
    assert text.count("curves/lists.svg") == 1
    assert "### lists, office of 1m" in text
    drawn = (tmp_path / "curves" / "lists.svg").read_text()
    assert "client-list" in drawn
    assert "<script" not in drawn


def test_a_doubled_ratio_is_told(tmp_path):
    file = tmp_path / "budget.json"
    budget.renew([measured("client-list", 10.0, floor_times=[1.0])], file)
    budget.renew([measured("job-list", 5.0, floor_times=[1.0]), measured("no floor", 5.0)], file)
    assert budget.known(file) == {"client-list": 10.0, "job-list": 5.0}
    now = [measured("client-list", 20.0, floor_times=[1.0]), measured("job-list", 9.0, floor_times=[1.0])]
    assert budget.doubled(now, file) == {"client-list": (20.0, 10.0)}
