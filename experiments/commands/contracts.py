"""Documents of the table contracts: build and check."""

from __future__ import annotations

import typer

from experiments.commands import edge

contracts_app = typer.Typer(no_args_is_help=True, help="Documents generated from the table contracts.")


@contracts_app.command("build")
def contracts_build() -> None:
    """Write the data dictionary and the import templates that the contracts describe."""
    from data_contracts.documents import DOCUMENTS_DIR, build

    changed = build()
    for name in changed:
        edge.console.print(f"wrote {name}", markup=False, highlight=False)
    edge.console.print(f"{len(changed)} documents changed under {DOCUMENTS_DIR.name}/", highlight=False)


@contracts_app.command("check")
def contracts_check() -> None:
    """Check contracts and policy; exit status 1 when the committed documents are not what they say."""
    from data_contracts.documents import stale
    from data_contracts.policy import policy

    policy()
    if names := stale():
        listed = ", ".join(names)
        edge.errors.print(f"{len(names)} documents are stale: {listed}; run pharos contracts build", soft_wrap=True)
        raise typer.Exit(1)
    edge.console.print("contracts, policy and their documents agree", highlight=False)
