"""All pages there are, in the order of the menu."""

from __future__ import annotations

from serving.pages import case, helper, models, officer, unit
from serving.pages.visit import Page

BOOK: tuple[Page, ...] = (*unit.PAGES, *case.PAGES, *helper.PAGES, *models.PAGES, *officer.PAGES)
MENU: tuple[Page, ...] = tuple(page for page in BOOK if page.menu)
