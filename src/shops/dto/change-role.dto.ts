import type { ShopRole } from '../permissions.js';
import { RoleInput } from './role-input.decorator.js';

export class ChangeRoleDto {
  @RoleInput()
  role: ShopRole;
}
