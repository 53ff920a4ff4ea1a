/** Roles in a shop, least first: each may do what those before it may. */
export const SHOP_ROLES = ['agent', 'manager', 'admin', 'owner'] as const;
export type ShopRole = (typeof SHOP_ROLES)[number];

/** THE table: each permission and the least role that has it. Docs and tests are made from it. */
export const PERMISSIONS = {
  'shop:read': 'agent',
  'shop:write': 'admin',
  'shop:transfer': 'owner',
  'shop:delete': 'owner',
  'team:read': 'agent',
  'team:leave': 'agent',
  'team:write': 'admin',
  'products:read': 'agent',
  'products:write': 'manager',
  'media:write': 'agent',
  'forms:read': 'agent',
  'forms:write': 'manager',
  'orders:read': 'agent',
  'orders:status': 'agent',
  'orders:create': 'manager',
  'payments:read': 'agent',
  'payments:write': 'manager',
  'payments:refund': 'admin',
  'notifications:own': 'agent',
  'webhooks:read': 'admin',
  'webhooks:write': 'admin',
  'changes:read': 'agent',
  'conversations:read': 'agent',
  'conversations:write': 'agent',
  'customers:read': 'agent',
  'customers:write': 'manager',
  'customers:export': 'admin',
  'customers:erase': 'admin',
  'reports:read': 'manager',
  'integrations:read': 'agent',
  'integrations:write': 'admin',
} as const satisfies Record<string, ShopRole>;

export type Permission = keyof typeof PERMISSIONS;

export function isAllowed(role: ShopRole, permission: Permission): boolean {
  return SHOP_ROLES.indexOf(role) >= SHOP_ROLES.indexOf(PERMISSIONS[permission]);
}

/** Whose roles each role may give, change and take away; a shop's owner changes by transfer alone. */
const MANAGED_ROLES: Record<ShopRole, readonly ShopRole[]> = {
  agent: [],
  manager: [],
  admin: ['agent', 'manager'],
  owner: ['agent', 'manager', 'admin'],
};

export function managedRoles(role: ShopRole): readonly ShopRole[] {
  return MANAGED_ROLES[role];
}

/** The roles whose members may give somebody `role`. */
export function rolesThatManage(role: ShopRole): ShopRole[] {
  return SHOP_ROLES.filter((manager) => MANAGED_ROLES[manager].includes(role));
}

/** What the docs of a route say of the permission it asks for. */
export function permissionNote(permission: string): string {
  const least = PERMISSIONS[permission as Permission];
  return `Permission: \`${permission}\` (${least}${least === 'owner' ? '' : ' and above'}).`;
}

/** The table as Markdown, for the docs. */
export function permissionsAsMarkdown(): string {
  const rows = Object.entries(PERMISSIONS).map(([permission, least]) => {
    const marks = SHOP_ROLES.map((role) => (isAllowed(role, permission as Permission) ? '✓' : ''));
    return `| \`${permission}\` | ${least} | ${marks.join(' | ')} |`;
  });
  return [
    `| permission | least role | ${SHOP_ROLES.join(' | ')} |`,
    `| --- | --- | ${SHOP_ROLES.map(() => '---').join(' | ')} |`,
    ...rows,
  ].join('\n');
}
