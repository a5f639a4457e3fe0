#!/bin/sh
# Counts the words of the file named by the first argument.
set -eu
words=$(wc -w < "$1")
echo "$1 has $words words"
printf 'OUTPUT: {"words": %d}\n' "$words"
