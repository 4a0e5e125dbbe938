"""What a product gets: environments, a team, and roles for its deployments."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_leastprivilege as lp

from catalog import REGISTRY_ACCOUNT, Product, Tier

PLATFORM = "platform"
REGISTRY = "registry"
BUILD = "build"


@dataclass(frozen=True)
class ProductAccess:
    """What was made for a product, for others to refer to."""

    production: dict[str, lp.ProductionEnvironment]
    team: lp.ScopedTeam


def shared_registry(products: Sequence[Product], protect: bool) -> lp.ProductionEnvironment:
    """The container registry's AWS login, which every product's build environment imports.

    An environment lends its credentials to those that import it, so the lock names each importer: AWS refuses any other.
    A product that is added to the catalog is added here by itself.
    """
    return lp.ProductionEnvironment(
        REGISTRY,
        project=PLATFORM,
        name=REGISTRY,
        tags={"tier": "shared"},
        deletion_protected=protect,
        aws=lp.AwsLoginArgs(create=False, account_id=REGISTRY_ACCOUNT, role_name="image-reader"),
        lock=lp.LockArgs(allowed_roots=[f"{product.name}/{BUILD}" for product in products]),
    )


def product_access(product: Product, registry: lp.ProductionEnvironment, protect: bool) -> ProductAccess:
    """Everything for one product."""
    production = {tier.name: _production(product, tier, protect) for tier in product.tiers if tier.production}
    others = [_development(product, tier) for tier in product.tiers if not tier.production]
    build = _build(product, registry)
    for tier, environment in production.items():
        _deployments(product, tier, environment)
    return ProductAccess(production, _developers(product, [*production.values(), *others, build, registry]))


def _development(product: Product, tier: Tier) -> lp.Environment:
    return lp.Environment(
        f"{product.name}-{tier.name}",
        project=product.name,
        name=tier.name,
        tags={"tier": "development"},
        definition=f"values:\n  region: {product.region}\n",
    )


def _production(product: Product, tier: Tier, protect: bool) -> lp.ProductionEnvironment:
    """Credentials for the product's own account, which only this environment can assume: the lock is the default one."""
    return lp.ProductionEnvironment(
        f"{product.name}-{tier.name}",
        project=product.name,
        name=tier.name,
        tags={"tier": "production"},
        deletion_protected=protect,
        values={"region": product.region},
        environment_variables={"AWS_REGION": product.region},
        aws=lp.AwsLoginArgs(create=False, account_id=product.aws_account, role_name=f"{product.name}-{tier.name}"),
    )


def _build(product: Product, registry: lp.ProductionEnvironment) -> lp.Environment:
    return lp.Environment(
        f"{product.name}-{BUILD}",
        project=product.name,
        name=BUILD,
        tags={"tier": "development"},
        definition=registry.aws_role_arn.apply(
            lambda role: f"imports:\n  - {PLATFORM}/{REGISTRY}\nvalues:\n  registryRole: {role}\n"
        ),
        # What is imported has to exist first.
        opts=pulumi.ResourceOptions(depends_on=[registry]),
    )


def _developers(product: Product, environments: Sequence[pulumi.Resource]) -> lp.ScopedTeam:
    opened = lp.EnvironmentPermission.OPEN
    return lp.ScopedTeam(
        f"{product.name}-developers",
        name=f"{product.name}-developers",
        display_name=f"{product.name.title()} developers",
        members=list(product.developers),
        access=lp.AccessArgs(
            stacks=[
                lp.StackRuleArgs(project=product.name, stack=tier.name, permission=tier.stack)
                for tier in product.tiers
            ],
            environments=[
                *(
                    lp.EnvironmentRuleArgs(project=product.name, environment=tier.name, permission=tier.environment)
                    for tier in product.tiers
                ),
                # Opening an environment takes opening what it imports.
                lp.EnvironmentRuleArgs(project=product.name, environment=BUILD, permission=opened),
                lp.EnvironmentRuleArgs(project=PLATFORM, environment=REGISTRY, permission=opened),
            ],
        ),
        # Roles hold ids, so what they name has to exist first.
        opts=pulumi.ResourceOptions(depends_on=environments),
    )


def _deployments(product: Product, stack: str, environment: lp.ProductionEnvironment) -> None:
    """Lets the stack's deployments open its environment, and nothing else: not another product's, not the registry."""
    lp.DeploymentRoleAssignment(
        f"{product.name}-{stack}-deployments",
        project=product.name,
        stack=stack,
        access=lp.AccessArgs(
            environments=[
                lp.EnvironmentRuleArgs(
                    project=product.name, environment=stack, permission=lp.EnvironmentPermission.OPEN
                )
            ]
        ),
        opts=pulumi.ResourceOptions(depends_on=[environment]),
    )


def watchers(operators: Sequence[str], auditors: Sequence[str]) -> list[lp.ScopedTeam]:
    """Two teams that may see production and the audit log: they hold the same role, which the first of them owns."""
    watching = lp.ScopedTeam(
        "operators",
        name="operators",
        members=list(operators),
        access=lp.AccessArgs(
            # By tag, so that what is added to production tomorrow is watched as well.
            stacks=[lp.StackRuleArgs(tags={"environment": "production"}, permission=lp.StackPermission.VIEW)],
            environments=[
                lp.EnvironmentRuleArgs(tags={"tier": "production"}, permission=lp.EnvironmentPermission.READ)
            ],
            organization=lp.OrganizationAccess.READ_ONLY,
            scopes=["audit_logs:read"],
        ),
    )
    return [watching, lp.ScopedTeam("auditors", name="auditors", members=list(auditors), role_id=watching.role_id)]
