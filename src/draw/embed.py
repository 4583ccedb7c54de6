#!/usr/bin/env python3
"""Writes the shader files named on the command line as a C table: embed.py OUT.c FILE…"""
import os
import sys


def literal(line):
    escaped = line.replace("\\", "\\\\").replace('"', '\\"')
    return '    "' + escaped + '\\n"'


def main():
    out, files = sys.argv[1], sys.argv[2:]
    lines = ['#include "draw/shaders.h"', "", "const struct shader_file shader_files[] = {"]
    for path in files:
        with open(path, encoding="utf-8") as stream:
            body = stream.read().splitlines()
        lines.append('{"%s",' % os.path.basename(path))
        lines += [literal(line) for line in body]
        lines.append("},")
    lines += ["};", "const int shader_file_count = %d;" % len(files), ""]
    with open(out, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines))


main()
