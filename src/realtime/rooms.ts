/** Room of everyone in a shop's team. */
export function shopRoom(shopId: string): string {
  return `shop:${shopId}`;
}
