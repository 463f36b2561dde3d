import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tidy  # noqa: E402


def moved(code):
    return list(tidy.check_moved_arguments("f.cpp", tidy.code_only(code)))


class MovedArguments(unittest.TestCase):
    def test_a_key_read_from_a_row_that_the_same_call_moves(self):
        self.assertEqual(len(moved("table.put(ctx.change, key_of(row.name), std::move(row));")), 1)
        self.assertEqual(len(moved("rows.emplace(row.name,\n    Held{std::move(row), 1});")), 1)

    def test_what_is_fine(self):
        for code in ("table.put(ctx.change, key, std::move(row));",
                     "out.row = f(in.row, std::move(row));",
                     'say("row", std::move(row));',
                     "TRY(Step step, next()); steps.push_back(std::move(step));"):
            self.assertEqual(moved(code), [], code)


if __name__ == "__main__":
    unittest.main()
