import { ApiProperty } from '@nestjs/swagger';

/** The answer of a route that only does something: the app wants a JSON body always. */
export class DoneResponse {
  @ApiProperty({ enum: [true], example: true })
  done: true;

  static readonly now: DoneResponse = { done: true };
}
