"""Writes what the seven functions are made of, as a CycloneDX document: sbom.py FILE. See sbom.sh."""

import json
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

TARGETS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
FUNCTIONS = sorted(folder.name for folder in Path("functions").iterdir() if folder.is_dir())


def metadata(target):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def is_normal(dependency):
    """Whether a dependency ends in the binary: those of builds and tests do not."""
    return any(kind["kind"] is None for kind in dependency["dep_kinds"])


def reached(graph):
    """Every package that ends in one of the functions, and what each depends on."""
    ids = {package["id"]: package for package in graph["packages"]}
    nodes = {node["id"]: [d["pkg"] for d in node["deps"] if is_normal(d)] for node in graph["resolve"]["nodes"]}
    names = {package["name"]: package["id"] for package in graph["packages"] if package["source"] is None}
    to_visit, found = [names[function] for function in FUNCTIONS], {}
    while to_visit:
        package = to_visit.pop()
        if package not in found:
            found[package] = nodes[package]
            to_visit.extend(nodes[package])
    return {package: (ids[package], needs) for package, needs in found.items()}


def checksums():
    lock = tomllib.loads(Path("Cargo.lock").read_text())
    return {(p["name"], p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}


def component(package, checksum):
    name, version = package["name"], package["version"]
    licences = [LicenseFactory().make_from_string(package["license"])] if package["license"] else []
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=checksum)] if checksum else []
    kind = ComponentType.APPLICATION if name in FUNCTIONS else ComponentType.LIBRARY
    purl = PackageURL("cargo", None, name, version)
    return Component(
        name=name, version=version, type=kind, licenses=licences, hashes=hashes, purl=purl, bom_ref=str(purl)
    )


def document():
    sums, components, needs = checksums(), {}, defaultdict(set)
    for target in TARGETS:
        for package, (described, needed) in reached(metadata(target)).items():
            if package not in components:
                checksum = sums.get((described["name"], described["version"]))
                components[package] = component(described, checksum)
            needs[package].update(needed)
    bom = Bom(components=components.values())
    for package, needed in needs.items():
        bom.register_dependency(components[package], [components[one] for one in needed])
    return bom, len(components)


def main():
    bom, count = document()
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"error: the document is not what CycloneDX asks for: {wrong}")
    Path(sys.argv[1]).write_text(text)
    print(f"{sys.argv[1]}: {count} packages are in the functions")


main()
