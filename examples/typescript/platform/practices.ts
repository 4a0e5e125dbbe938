// What a product gets: environments, a team, and roles for its deployments.
import * as pulumi from "@pulumi/pulumi";
import * as lp from "pulumi-leastprivilege";

import { registryAccount, type Product, type Tier } from "./catalog";

const registry = { project: "platform", name: "registry" };
const build = "build";

/** What was made for a product, for others to refer to. */
export interface ProductAccess {
    readonly production: ReadonlyMap<string, lp.ProductionEnvironment>; // by tier
    readonly team: lp.ScopedTeam;
}

/**
 * The container registry's AWS login, which every product's build environment imports.
 *
 * An environment lends its credentials to those that import it, so the lock names each importer: AWS refuses any other.
 * A product that is added to the catalog is added here by itself.
 */
export function sharedRegistry(products: readonly Product[], protect: boolean): lp.ProductionEnvironment {
    return new lp.ProductionEnvironment("registry", {
        ...registry,
        tags: { tier: "shared" },
        deletionProtected: protect,
        aws: { create: false, accountId: registryAccount, roleName: "image-reader" },
        lock: { allowedRoots: products.map((product) => `${product.name}/${build}`) },
    });
}

/** Everything for one product. */
export function productAccess(product: Product, images: lp.ProductionEnvironment, protect: boolean): ProductAccess {
    const production = new Map<string, lp.ProductionEnvironment>();
    const environments: pulumi.Resource[] = [images, buildEnvironment(product, images)];
    for (const tier of product.tiers) {
        if (tier.production) {
            const environment = productionEnvironment(product, tier, protect);
            deployments(product, tier, environment);
            production.set(tier.name, environment);
            environments.push(environment);
        } else {
            environments.push(developmentEnvironment(product, tier));
        }
    }
    return { production, team: developers(product, environments) };
}

function developmentEnvironment(product: Product, tier: Tier): lp.Environment {
    return new lp.Environment(`${product.name}-${tier.name}`, {
        project: product.name,
        name: tier.name,
        tags: { tier: "development" },
        definition: `values:\n  region: ${product.region}\n`,
    });
}

/** Credentials for the product's own account, which only this environment can assume: the lock is the default one. */
function productionEnvironment(product: Product, tier: Tier, protect: boolean): lp.ProductionEnvironment {
    return new lp.ProductionEnvironment(`${product.name}-${tier.name}`, {
        project: product.name,
        name: tier.name,
        tags: { tier: "production" },
        deletionProtected: protect,
        values: { region: product.region },
        environmentVariables: { AWS_REGION: product.region },
        aws: { create: false, accountId: product.awsAccount, roleName: `${product.name}-${tier.name}` },
    });
}

function buildEnvironment(product: Product, images: lp.ProductionEnvironment): lp.Environment {
    return new lp.Environment(`${product.name}-${build}`, {
        project: product.name,
        name: build,
        tags: { tier: "development" },
        definition: pulumi.interpolate`imports:
  - ${registry.project}/${registry.name}
values:
  registryRole: ${images.awsRoleArn}
`,
    }, {
        // What is imported has to exist first.
        dependsOn: images,
    });
}

function developers(product: Product, environments: pulumi.Resource[]): lp.ScopedTeam {
    const name = `${product.name}-developers`;
    return new lp.ScopedTeam(name, {
        name,
        displayName: `Developers of ${product.name}`,
        members: [...product.developers],
        access: {
            stacks: product.tiers.map((tier) => ({
                project: product.name, stack: tier.name, permission: tier.stack,
            })),
            environments: [
                ...product.tiers.map((tier) => ({
                    project: product.name, environment: tier.name, permission: tier.environment,
                })),
                // Opening an environment takes opening what it imports.
                { project: product.name, environment: build, permission: "open" },
                { project: registry.project, environment: registry.name, permission: "open" },
            ],
        },
    }, {
        // Roles hold ids, so what they name has to exist first.
        dependsOn: environments,
    });
}

/** Lets the stack's deployments open its environment, and nothing else: not another product's, not the registry. */
function deployments(product: Product, tier: Tier, environment: lp.ProductionEnvironment): void {
    new lp.DeploymentRoleAssignment(`${product.name}-${tier.name}-deployments`, {
        project: product.name,
        stack: tier.name,
        access: { environments: [{ project: product.name, environment: tier.name, permission: "open" }] },
    }, { dependsOn: environment });
}

/** Two teams that may see production and the audit log: they hold the same role, which the first of them owns. */
export function watchers(operators: readonly string[], auditors: readonly string[]): lp.ScopedTeam[] {
    const watching = new lp.ScopedTeam("operators", {
        name: "operators",
        members: [...operators],
        access: {
            // By tag, so that what is added to production tomorrow is watched as well.
            stacks: [{ tags: { environment: "production" }, permission: "view" }],
            environments: [{ tags: { tier: "production" }, permission: "read" }],
            organization: "readOnly",
            scopes: ["audit_logs:read"],
        },
    });
    const reviewing = new lp.ScopedTeam("auditors", {
        name: "auditors",
        members: [...auditors],
        roleId: watching.roleId,
    });
    return [watching, reviewing];
}
