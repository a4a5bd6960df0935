#!/usr/bin/env python3
"""Prints the sum of every numeric column of a CSV file."""
import csv
import sys


def numbers(values):
    return [float(value.replace(",", "")) for value in values]


with open(sys.argv[1], newline="") as file:
    rows = list(csv.DictReader(file))

for name in rows[0] if rows else []:
    try:
        print(f"{name}: {sum(numbers(row[name] for row in rows)):.2f}")
    except ValueError:
        print(f"{name}: not a number in every row")
