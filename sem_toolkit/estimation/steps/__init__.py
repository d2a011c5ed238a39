"""Structural after measurement (SAM): measurement blocks first, the structural part after and given them.

Sources: Rosseel & Loh (2024), Psychological Methods 29, 561-588; Rosseel, Burghgraeve, Loh & Schermelleh-Engel (2025),
Behavior Research Methods 57.
"""
