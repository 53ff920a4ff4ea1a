import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { FAILURE_REASONS, INTEGRATION_STATES } from '../integration.schema.js';
import type { FailureReason, Integration, IntegrationState } from '../integration.schema.js';
import { type PlatformName, PLATFORMS } from '../platforms/platform.js';

export const HEALTH_STATES = ['ok', 'unreachable', 'expiring', 'dead', 'none'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/** A shop's connection with a platform, or that there is none. */
export interface IntegrationView {
  platform: PlatformName;
  isOffered: boolean;
  row?: Integration;
  /** Whether its tokens can be read. */
  isReadable: boolean;
}

class PageChoiceResponse {
  @ApiProperty({ example: '104857600000001' })
  id: string;

  @ApiProperty({ example: 'Mya Coffee' })
  name: string;
}

class IntegrationHealthResponse {
  @ApiProperty({
    enum: HEALTH_STATES,
    description:
      '`unreachable`: the platform did not answer lately. `expiring`: connect again in time. ' +
      '`dead`: connect again. `none`: there is no connection.',
    example: 'ok',
  })
  status: HealthState;

  @ApiPropertyOptional({ format: 'date-time', example: '2026-11-25T09:00:00.000Z' })
  checkedAt?: string;

  @ApiPropertyOptional({ enum: FAILURE_REASONS, example: 'dead' })
  reason?: FailureReason;
}

export class IntegrationResponse {
  @ApiProperty({ enum: PLATFORMS, example: 'facebook' })
  platform: PlatformName;

  @ApiProperty({ description: 'Whether this server is set up for it.', example: true })
  isOffered: boolean;

  @ApiProperty({
    enum: INTEGRATION_STATES,
    description: '`choose_page`: choose one of `pages`. `failed`: connect again.',
    example: 'connected',
  })
  state: IntegrationState;

  @ApiProperty({ example: true })
  isConnected: boolean;

  @ApiPropertyOptional({
    description: 'Of the page, account or bot.',
    example: '104857600000001',
  })
  pageId?: string;

  @ApiProperty({ example: 'Mya Coffee' })
  displayName: string;

  @ApiProperty({ type: [String], example: ['pages_show_list', 'pages_messaging'] })
  scopes: string[];

  @ApiProperty({
    type: [PageChoiceResponse],
    description: 'To choose from, where there is a choice.',
  })
  pages: PageChoiceResponse[];

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'When the permission ends unless it is renewed, which happens by itself.',
    example: '2027-01-24T09:00:00.000Z',
  })
  expiresAt?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'By then somebody must connect again.',
    example: '2027-02-23T09:00:00.000Z',
  })
  reconnectBy?: string;

  @ApiPropertyOptional({ format: 'date-time', example: '2026-11-25T09:00:00.000Z' })
  connectedAt?: string;

  @ApiProperty({
    description: 'Whether the platform is still to be told of its end.',
    example: false,
  })
  isRevoking: boolean;

  @ApiProperty({ type: IntegrationHealthResponse })
  health: IntegrationHealthResponse;

  static from({ platform, isOffered, row, isReadable }: IntegrationView): IntegrationResponse {
    const isRevoking = (row?.revoking.length ?? 0) > 0;
    if (!row || row.state === 'disconnected' || !isReadable) {
      return {
        platform,
        isOffered,
        state: 'disconnected',
        isConnected: false,
        displayName: '',
        scopes: [],
        pages: [],
        isRevoking,
        health: isReadable ? { status: 'none' } : { status: 'dead', reason: 'damaged' },
      };
    }
    return {
      platform,
      isOffered,
      state: row.state,
      isConnected: row.isConnected,
      pageId: row.pageId,
      displayName: row.displayName,
      scopes: row.scopes,
      pages: row.pages.map(({ id, name }) => ({ id, name })),
      expiresAt: row.expiresAt?.toISOString(),
      reconnectBy: row.reconnectBy?.toISOString(),
      connectedAt: row.connectedAt?.toISOString(),
      isRevoking,
      health: {
        status: healthOf(row),
        checkedAt: row.checkedAt?.toISOString(),
        reason: row.failure,
      },
    };
  }
}

function healthOf({ state, failures, askedAt }: Integration): HealthState {
  if (state === 'failed') return 'dead';
  if (failures > 0) return 'unreachable';
  return askedAt ? 'expiring' : 'ok';
}
