"""emulator_build.py BUILD FOLDER: writes the templates of a build as the emulator can take them, and says what it left out.

It knows no alarms over arithmetic of metrics; those are left out, and what is deployed beside them is the rest. The functions stay where they
are in BUILD.
"""

import sys
from pathlib import Path

from samcli.yamlhelper import yaml_dump, yaml_parse

FOLDER = Path(sys.argv[2])
left_out: list[str] = []


def rewrite(template: Path) -> Path:
    """The template's copy, with the addresses of what it names."""
    whole = yaml_parse(template.read_text())
    for name, resource in list(whole["Resources"].items()):
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in properties:
            left_out.append(name)
            del whole["Resources"][name]
        for member in ("TemplateURL", "Location"):
            if isinstance(nested := properties.get(member), str):
                properties[member] = str(rewrite(template.parent / nested))
        if isinstance(code := properties.get("CodeUri"), str):
            home = (template.parent / code).resolve()
            properties["CodeUri"] = str(home)
            (FOLDER / home.name).symlink_to(home)
    copy = FOLDER / "-".join(template.resolve().relative_to("/").parts)
    copy.write_text(yaml_dump(whole))
    return copy


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    rewrite(Path(sys.argv[1], "template.yaml")).rename(FOLDER / "template.yaml")
    if left_out:
        print(f"left out on the emulator, which has no arithmetic of metrics: the alarms {', '.join(left_out)}")
