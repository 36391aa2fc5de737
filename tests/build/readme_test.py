"""What README.md shows is what the project has: its C++ is in the example bot, its links and commands exist."""
import pathlib
import re
import sys


def main(source_dir):
    root = pathlib.Path(source_dir)
    text = (root / "README.md").read_text()
    bot = (root / "tests/build/bot/bot.cpp").read_text()
    cmake = (root / "tests/build/bot/CMakeLists.txt").read_text()
    problems = []
    for language, code in re.findall(r"```(cpp|cmake)\n(.*?)```", text, re.S):
        where, name = (bot, "bot.cpp") if language == "cpp" else (cmake, "CMakeLists.txt")
        for line in code.splitlines():
            if line.strip() and line.strip() not in where:
                problems.append(f"README.md shows a line that is not in the example's {name}: {line.strip()}")
    for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            if not (page.parent / link).exists():
                problems.append(f"{page.name}: link to {link}, which does not exist")
    for command in re.findall(r"^(tools/\S+)", text, re.M):
        if not (root / command).is_file() or not (root / command).stat().st_mode & 0o100:
            problems.append(f"README.md: {command} is not a command")
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
