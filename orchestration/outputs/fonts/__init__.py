"""Fira Sans (SIL Open Font License, `OFL.txt`): the Latin part of two faces, for report and figures alike.

Made of npm @expo-google-fonts/fira-sans 0.4.1 with fontTools' pyftsubset: Latin, punctuation, arrows, signs
of arithmetic; figures of one width stay in.
"""

from pathlib import Path

FONTS = Path(__file__).parent
