"""The pages that people read, mounted in the service behind the same guard, scopes and audit as the API.

How a page is added, in five steps:

1. A module of its own here (unit.py, case.py) with functions that take a `Visit` (visit.py) and return a `View` (a
   template and what it shows) or, for a form, a `Go` (where it leads), and `PAGES: tuple[Page, ...]`: each an address
   under /pages, the scope that opens it, `show` for reading, `act` for its form, and `menu`, the name of its word in
   the menu. A page for officers who come with a token of their own sets `officers=True`.
2. `book.py` names the module's PAGES; routes, guard and menu are made of that list. Write the address down in
   tests/serving/test_authorisation_matrix.py (OPENED_BY) as well.
3. Whatever is shown comes from `visit.ask("/v1/...", field=value)`: the question of the API of that address, with its
   scope, limits, sight and audit line, answered with its own schema. A question that only pages ask stands in
   `questions.py`, with its desk in the room whose subject it is. Nothing is computed here a second time.
4. A template in templates/ extends base.html.j2 and fills `title` and `main`. `t("name", many=3)` is a word of ours
   (words.py, the only place for them, one dict a page), `say(x)` the right language of whatever has zh and en, and
   `tell.day`, `tell.share`, `tell.number` write figures. Marks of grades and bars are macros of marks.html.j2: a shape
   and a word, never colour alone. No style and no script in a template: the policy of the page forbids both. CSS lies
   in static/pages.css, with a section a page.
5. An id of an officer, a case or a unit is never in an address: `visit.handle(OFFICER, id)` names it for this session,
   `visit.named(OFFICER, visit.query, "who")` is the way back (a wrong one is a 404). Every form carries
   `{{ forms.token(token) }}`; web.py checks it before `act` is called. htmx (`hx-get`) may fetch a part of a page:
   `visit.part` says so, and the view is then the template of that part alone; without scripts the same address gives
   the whole page.

Tests: tests/serving/page_room.py has `room` (server, Chromium), `signed_in` and `checked`, which keeps a picture at a
desk and on a phone, runs axe and sees to it that nothing runs out at the side and nothing is asked elsewhere.
"""
