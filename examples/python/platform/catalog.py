"""What the organization has: its products, their tiers and their people. A change of access is a change of this file,
reviewed like any other; the other files say once what it means.
"""

from dataclasses import dataclass

from pulumi_leastprivilege import EnvironmentPermission, StackPermission


@dataclass(frozen=True)
class Tier:
    """How far the developers of a product reach in one of its tiers."""

    name: str
    stack: StackPermission
    environment: EnvironmentPermission
    production: bool = False


@dataclass(frozen=True)
class Product:
    """A product: a Pulumi project, with a stack and an environment for each tier."""

    name: str
    aws_account: str
    region: str
    developers: tuple[str, ...]
    tiers: tuple[Tier, ...]


# Engineers iterate in development. From staging on, changes are deployed; people look at what was deployed, and at the
# definitions of environments, never at their secrets.
DEV = Tier("dev", StackPermission.WRITE, EnvironmentPermission.OPEN)
STAGING = Tier("staging", StackPermission.READ, EnvironmentPermission.OPEN)
PROD = Tier("prod", StackPermission.VIEW, EnvironmentPermission.READ, production=True)

PRODUCTS = (
    Product("payments", "123456789012", "eu-west-1", developers=("bo", "cy"), tiers=(DEV, STAGING, PROD)),
    Product("ledger", "210987654321", "eu-central-1", developers=("cy",), tiers=(DEV, PROD)),
)

# Who watches production, whatever the product.
OPERATORS = ("di",)
AUDITORS = ("bo",)

# The account whose container images all products use.
REGISTRY_ACCOUNT = "345678901234"
