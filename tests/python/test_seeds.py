#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Four systems in Python came before this library. All that their documents name
and show has a counterpart here: this is the table, and each row is run."""

import common
import seed
import seed_luminal
import seed_thimble
import seed_thread_manager
import seed_worker

SEEDS = seed_thread_manager, seed_worker, seed_luminal, seed_thimble


class Completeness(common.TestCase):
    def test_every_name_has_a_row(self):
        for module in SEEDS:
            with self.subTest(module.__name__):
                rows = [name for name_of, name in seed.ROWS if name_of == module.__name__]
                self.assertEqual(sorted(rows), sorted(module.NAMES))

    def test_every_row_was_run(self):
        self.assertEqual(sorted(seed.ROWS.keys() - seed.RAN), [])


def load_tests(loader, tests, pattern):
    rows = [loader.loadTestsFromModule(module) for module in SEEDS]
    return common.unittest.TestSuite([*rows, tests])


if __name__ == "__main__":
    common.main()
