"""Fails unless the installed SDK says what it is, everything that it needs is there, and what is installed is what the
examples ask for.
"""

import json
from importlib import metadata, resources
from pathlib import Path

from packaging.requirements import Requirement

import pulumi_leastprivilege

NAME = "pulumi_leastprivilege"
REPOSITORY = "https://github.com/pulumi-leastprivilege/pulumi-leastprivilege"

repository = Path(__file__).resolve().parents[2]
package = Path(pulumi_leastprivilege.__file__)
assert repository not in package.parents, f"{package} lies in the repository"

known = metadata.metadata(NAME)
assert known["Summary"], "no description"
assert known["License"] == "Apache-2.0", known["License"]
assert "pulumi" in known["Keywords"], known["Keywords"]
urls = dict(url.split(", ") for url in known.get_all("Project-URL") or [])
assert urls == {"Homepage": REPOSITORY, "Repository": REPOSITORY}, urls
assert str(known.json["description"]).strip(), "no text for the package's page"

files = resources.files(NAME)
assert (files / "py.typed").is_file(), "not typed (PEP 561)"
plugin = json.loads((files / "pulumi-plugin.json").read_text())
assert plugin == {
    "resource": True,
    "name": "leastprivilege",
    "version": known["Version"],
    "server": "github://api.github.com/pulumi-leastprivilege/pulumi-leastprivilege",
}, plugin

examples = sorted((repository / "examples" / "python").glob("*/requirements.txt"))
assert len(examples) >= 3, examples
asked = [line for example in examples for line in example.read_text().splitlines()]
for text in (metadata.requires(NAME) or []) + asked:
    needed = Requirement(text)
    if needed.marker is None or needed.marker.evaluate():
        assert needed.specifier.contains(metadata.version(needed.name)), f"{text}: {metadata.version(needed.name)} is installed"
