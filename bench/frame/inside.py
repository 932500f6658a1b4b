"""One bench in a process of its own: `python -m bench.frame.inside NAME SIZE` prints JSON lines."""

import importlib
import json
import os
import sys

import django
from django.conf import settings


def main(name: str, size: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_site.settings")
    django.setup()
    settings.ROOT_URLCONF = "bench.frame.addresses"
    offices = importlib.import_module("bench.frame.offices")  # models, so only now
    office = offices.Office(size)
    print(json.dumps({"database": offices.facts()}), flush=True)
    for measurement in importlib.import_module(f"bench.{name}").measure(office):
        found = {"bench": name, "size": size, **measurement.as_json()}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
