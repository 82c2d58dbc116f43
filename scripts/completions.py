# SPDX-License-Identifier: Apache-2.0
"""What shells complete for cgtally, of its own help: used by scripts/reference, which writes share/completions.

Nothing here knows a command or an option by name: what follows an option is told by how the help calls it (FILE, DIR, an
interface's NAME|GLOB) or by the words that the help lists.
"""
import re

FILES, DIRECTORIES, INTERFACES, NETNS = "files", "directories", "interfaces", "netns"
CALLED = {"FILE": FILES, "DIR": DIRECTORIES, "NAME|GLOB": INTERFACES, "NAME|PID|PATH": NETNS}
# Where a shell finds them: the files of a directory.
LISTED = {INTERFACES: "/sys/class/net", NETNS: "/run/netns"}
CHOICES = re.compile(r"\(((?:[a-z0-9-]+, )*[a-z0-9-]+ or [a-z0-9-]+)(?=[;)])")
MADE = "# Made by scripts/reference of the program's own help: edit the help."


class Option:
    """Its names, what it is for, and what may follow it: None, one of the kinds above, or a list of words."""

    def __init__(self, entry):
        names, _, called = entry.name.partition(" ")
        self.names = names.split(",")
        self.text = re.split(r"[;:(]", entry.text)[0].strip()
        self.takes = bool(called)
        self.called = called.removesuffix("...").strip()
        kind = CALLED.get(self.called) or CALLED.get(self.called.removesuffix("|-"))
        choices = CHOICES.search(entry.text)
        self.values = kind or (re.split(r", | or ", choices.group(1)) if choices and self.takes else None)


def options_of(help_of_it):
    return [Option(entry) for entry in help_of_it.sections.get("Options", [])]


def takes_files(help_of_it):
    # What a command takes without an option is files, but for what the shell's user knows best.
    return bool(help_of_it.sections.get("Arguments"))


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def bash_values(values):
    if values == FILES:
        return "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\"))"
    if values == DIRECTORIES:
        return "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$word\"))"
    if isinstance(values, str) and values in LISTED:
        return f"COMPREPLY=($(compgen -W \"$(command ls {LISTED[values]} 2> /dev/null)\" -- \"$word\"))"
    if values:
        return f"COMPREPLY=($(compgen -W {quoted(' '.join(values))} -- \"$word\"))"
    return ":"


def bash(top, commands):
    out = [MADE, "# shellcheck shell=bash disable=SC2207", "_cgtally() {",
           "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}",
           "  COMPREPLY=()", "  if ((COMP_CWORD == 1)); then",
           f"    COMPREPLY=($(compgen -W {quoted(' '.join(words_of_top(top)))} -- \"$word\"))", "    return", "  fi",
           "  case $command in"]
    for name, help_of_it in commands:
        options = options_of(help_of_it)
        out += [f"    {name})", "      case $before in"]
        for option in options:
            if option.takes:
                out.append(f"        {' | '.join(option.names)}) {bash_values(option.values)}; return ;;")
        out += ["      esac", "      if [[ $word == -* ]]; then",
                f"        COMPREPLY=($(compgen -W {quoted(' '.join(n for o in options for n in o.names))} -- \"$word\"))"]
        if takes_files(help_of_it):
            out += ["      else", f"        {bash_values(FILES)}"]
        out += ["      fi", "      ;;"]
    out += ["  esac", "}", "complete -F _cgtally cgtally"]
    return "\n".join(out) + "\n"


def words_of_top(top):
    return [entry.name for entry in top.subcommands()] + [name for option in options_of(top) for name in option.names]


def zsh_values(values):
    if values == FILES:
        return "_files"
    if values == DIRECTORIES:
        return "_files -/"
    if isinstance(values, str) and values in LISTED:
        return f"_files -W {LISTED[values]}"
    return f"({' '.join(values)})" if values else " "


def zsh_spec(option):
    text = option.text.replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    called = option.called.replace(":", "\\:")
    value = f":{called}:{zsh_values(option.values)}" if option.takes else ""
    # Each may come again: what may be repeated is the program's to say.
    return [quoted(f"*{name}[{text}]{value}") for name in option.names]


def zsh(top, commands):
    out = ["#compdef cgtally", MADE, "_cgtally() {", "  local state line", "  local -a commands",
           "  commands=("]
    out += [f"    {quoted(entry.name + ':' + entry.text.replace(':', chr(92) + ':'))}" for entry in top.subcommands()]
    out += ["  )", "  _arguments -C \\"]
    out += [f"    {spec} \\" for option in options_of(top) for spec in zsh_spec(option)]
    out += ["    '1: :->command' '*:: :->rest' && return", "  case $state in",
            "    command) _describe -t commands command commands ;;", "    rest)", "      case $line[1] in"]
    for name, help_of_it in commands:
        specs = [spec for option in options_of(help_of_it) for spec in zsh_spec(option)]
        if takes_files(help_of_it):
            specs.append("'*:file:_files'")
        out.append(f"        {name}) _arguments \\")
        out += [f"          {spec} \\" for spec in specs]
        out[-1] = out[-1].removesuffix(" \\") + " ;;"
    out += ["      esac", "      ;;", "  esac", "}", '_cgtally "$@"']
    return "\n".join(out) + "\n"


def fish_names(names):
    return " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in names)


def fish_values(values):
    if values == FILES:
        return " -r -F"
    if values == DIRECTORIES:
        return " -x -a '(__fish_complete_directories)'"
    if isinstance(values, str) and values in LISTED:
        return f" -x -a '(path basename {LISTED[values]}/* 2>/dev/null)'"
    return f" -x -a {quoted(' '.join(values))}" if values else " -x"


def fish(top, commands):
    out = [MADE, "complete -c cgtally -f"]
    for entry in top.subcommands():
        out.append(f"complete -c cgtally -n __fish_use_subcommand -a {entry.name} -d {quoted(entry.text)}")
    for option in options_of(top):
        out.append(f"complete -c cgtally -n __fish_use_subcommand {fish_names(option.names)} -d {quoted(option.text)}")
    for name, help_of_it in commands:
        condition = f"-n '__fish_seen_subcommand_from {name}'"
        if takes_files(help_of_it):
            out.append(f"complete -c cgtally {condition} -a '(__fish_complete_path)'")
        for option in options_of(help_of_it):
            values = fish_values(option.values) if option.takes else ""
            out.append(f"complete -c cgtally {condition} {fish_names(option.names)}{values} -d {quoted(option.text)}")
    return "\n".join(out) + "\n"
