//! The shapes of the usual dumps.

/// Name and map of each. Where a repost repeats a post, the whole text stands behind the mark
/// that people write (`RT @name: `, `//@name:`), so that it is seen to be a repost. What Twitter
/// counts as the retweets of a retweet are those of the post that it repeats, so that it has none
/// of its own.
pub(super) const PRESETS: [(&str, &str); 11] = [
    // The app.bsky feeds, and records as the firehose (Jetstream) has them.
    (
        "bluesky",
        "each=feed.post|posts,text=record.text|commit.record.text|post.record.text,\
         id=uri|post.uri|commit.rkey,created_at=record.createdAt|commit.record.createdAt|post.record.createdAt|indexedAt,\
         channel=channel|'bluesky',lang=record.langs.0|commit.record.langs.0|post.record.langs.0,\
         in_reply_to=record.reply.parent.uri|commit.record.reply.parent.uri|post.record.reply.parent.uri,\
         thread=record.reply.root.uri|commit.record.reply.root.uri|post.record.reply.root.uri,\
         author.id=author.did|did|post.author.did,author.name=author.displayName|author.handle|post.author.displayName|post.author.handle,\
         author.followers=author.followersCount|post.author.followersCount,author.following=author.followsCount|post.author.followsCount,\
         author.posts=author.postsCount|post.author.postsCount,author.created_at=author.createdAt|post.author.createdAt,\
         engagement.likes=likeCount|post.likeCount,engagement.reposts=repostCount|post.repostCount,\
         engagement.replies=replyCount|post.replyCount",
    ),
    // Messages of a conversation, and the payload of the webhook `message_created`.
    (
        "chatwoot",
        "each=payload,text=content|processed_message_content,id=id,created_at=created_at,\
         channel=conversation.channel|channel|'chatwoot',thread=conversation_id|conversation.id|conversation.display_id,\
         in_reply_to=content_attributes.in_reply_to,author.id=sender.id|contact.id,\
         author.name=sender.name|contact.name,customer.id=sender.identifier|sender.email,\
         role=[message_type=1]?'agent'|[message_type=outgoing]?'agent'|[message_type=3]?'agent'|[message_type=template]?'agent'\
         |sender[type=user]?'agent'|'customer'",
    ),
    // What `--format mbox` and `--format eml` make of a mail.
    (
        "mail",
        "text=subject+'\\n\\n'+text|text|subject,id=message_id,created_at=date,channel=channel|'mail',\
         in_reply_to=in_reply_to,thread=references.0|in_reply_to|message_id,author.id=from.address,author.name=from.name|from.address",
    ),
    // A status; its content is HTML, which the engine reads.
    (
        "mastodon",
        "each=statuses|ancestors|descendants,text='RT @'+reblog.account.acct+': '+reblog.content|reblog.content|content|text|spoiler_text,id=id,\
         created_at=created_at,channel=channel|'mastodon',lang=language|reblog.language,in_reply_to=in_reply_to_id,\
         thread=conversation_id,author.id=account.id,author.name=account.display_name|account.acct|account.username,\
         author.followers=account.followers_count,author.following=account.following_count,\
         author.posts=account.statuses_count,author.created_at=account.created_at,engagement.likes=favourites_count,\
         engagement.reposts=reblogs_count,engagement.replies=replies_count",
    ),
    // A listing of posts or comments, or one of them a line.
    (
        "reddit",
        "each=data.children.data,nested=replies.data.children.data,\
         text=title+'\\n\\n'+selftext|selftext|title|body,id=name|id,created_at=created_utc|created,\
         channel=channel|'reddit',in_reply_to=parent_id,thread=link_id|name|id,author.id=author_fullname|author,\
         author.name=author,engagement.likes=ups|score,engagement.reposts=num_crossposts,engagement.replies=num_comments",
    ),
    // The export of a chat (result.json), or updates of a bot.
    (
        "telegram",
        "each=messages|chats.list.messages|result,text=text|text_entities|message.text|message.caption|channel_post.text|caption,\
         id=id|message.message_id|channel_post.message_id,\
         created_at=date_unixtime|message.date|channel_post.date|date,channel=channel|'telegram',\
         lang=message.from.language_code,in_reply_to=reply_to_message_id|message.reply_to_message.message_id,\
         thread=message.chat.id|channel_post.chat.id,\
         author.id=from_id|actor_id|message.from.id|channel_post.sender_chat.id,\
         author.name=from|actor|message.from.first_name+' '+message.from.last_name|message.from.first_name|message.from.username",
    ),
    // One status object of the interface 1.1, plain or extended.
    (
        "twitter-v1",
        "each=statuses,text='RT @'+retweeted_status.user.screen_name+': '+\
         (retweeted_status.extended_tweet.full_text|retweeted_status.full_text|retweeted_status.text)\
         |retweeted_status.extended_tweet.full_text|retweeted_status.full_text|retweeted_status.text\
         |(extended_tweet.full_text|full_text|text)+' RT @'+quoted_status.user.screen_name+': '+\
         (quoted_status.extended_tweet.full_text|quoted_status.full_text|quoted_status.text)\
         |extended_tweet.full_text|full_text|text,id=id_str|id,channel=channel|'twitter',\
         in_reply_to=in_reply_to_status_id_str|in_reply_to_status_id,thread=conversation_id_str|conversation_id,\
         author.id=user.id_str|user.id,author.name=user.name|user.screen_name,author.followers=user.followers_count,\
         author.following=user.friends_count,author.posts=user.statuses_count,author.verified=user.verified,\
         author.created_at=user.created_at,engagement.likes=favorite_count,engagement.reposts=retweeted_status?'0'|retweet_count,\
         engagement.replies=reply_count",
    ),
    // One post object of the interface 2, alone, below `data`, or with its author put in by a
    // collector; or a page of them with what they refer to.
    (
        "twitter-v2",
        "each=data,with=includes,\
         text='RT @'+referenced_tweets[type=retweeted].author.username+': '+\
         (referenced_tweets[type=retweeted].note_tweet.text|referenced_tweets[type=retweeted].text)\
         |referenced_tweets[type=retweeted].note_tweet.text|referenced_tweets[type=retweeted].text\
         |'RT @'+includes.users[id=@includes.tweets[id=@referenced_tweets[type=retweeted].id].author_id].username+': '+\
         (includes.tweets[id=@referenced_tweets[type=retweeted].id].note_tweet.text|includes.tweets[id=@referenced_tweets[type=retweeted].id].text)\
         |includes.tweets[id=@referenced_tweets[type=retweeted].id].note_tweet.text|includes.tweets[id=@referenced_tweets[type=retweeted].id].text\
         |'RT @'+includes.users[id=@includes.tweets[id=@data.referenced_tweets[type=retweeted].id].author_id].username+': '+\
         (includes.tweets[id=@data.referenced_tweets[type=retweeted].id].note_tweet.text|includes.tweets[id=@data.referenced_tweets[type=retweeted].id].text)\
         |includes.tweets[id=@data.referenced_tweets[type=retweeted].id].note_tweet.text|includes.tweets[id=@data.referenced_tweets[type=retweeted].id].text\
         |(note_tweet.text|text)+' RT @'+(referenced_tweets[type=quoted].author.username|includes.users[id=@includes.tweets[id=@referenced_tweets[type=quoted].id].author_id].username)+': '+\
         (referenced_tweets[type=quoted].note_tweet.text|referenced_tweets[type=quoted].text|includes.tweets[id=@referenced_tweets[type=quoted].id].note_tweet.text|includes.tweets[id=@referenced_tweets[type=quoted].id].text)\
         |(data.note_tweet.text|data.text)+' RT @'+includes.users[id=@includes.tweets[id=@data.referenced_tweets[type=quoted].id].author_id].username+': '+\
         (includes.tweets[id=@data.referenced_tweets[type=quoted].id].note_tweet.text|includes.tweets[id=@data.referenced_tweets[type=quoted].id].text)\
         |note_tweet.text|text|data.note_tweet.text|data.text,id=id|data.id,\
         created_at=created_at|data.created_at,channel=channel|'twitter',lang=lang|data.lang,\
         in_reply_to=referenced_tweets[type=replied_to].id|data.referenced_tweets[type=replied_to].id,\
         thread=conversation_id|data.conversation_id,author.id=author_id|author.id|data.author_id,\
         author.name=author.name|author.username|includes.users[id=@author_id].name|includes.users[id=@author_id].username\
         |includes.users[id=@data.author_id].name|includes.users[id=@data.author_id].username,\
         author.followers=author.public_metrics.followers_count|includes.users[id=@author_id].public_metrics.followers_count\
         |includes.users[id=@data.author_id].public_metrics.followers_count,\
         author.following=author.public_metrics.following_count|includes.users[id=@author_id].public_metrics.following_count\
         |includes.users[id=@data.author_id].public_metrics.following_count,\
         author.posts=author.public_metrics.tweet_count|includes.users[id=@author_id].public_metrics.tweet_count\
         |includes.users[id=@data.author_id].public_metrics.tweet_count,\
         author.verified=author.verified|includes.users[id=@author_id].verified|includes.users[id=@data.author_id].verified,\
         author.created_at=author.created_at|includes.users[id=@author_id].created_at|includes.users[id=@data.author_id].created_at,\
         engagement.likes=public_metrics.like_count|data.public_metrics.like_count,\
         engagement.reposts=referenced_tweets[type=retweeted]?'0'|data.referenced_tweets[type=retweeted]?'0'|public_metrics.retweet_count|data.public_metrics.retweet_count,\
         engagement.replies=public_metrics.reply_count|data.public_metrics.reply_count,\
         engagement.views=public_metrics.impression_count|data.public_metrics.impression_count",
    ),
    // One status object, or one comment on a status; m.weibo.cn has them below cards.
    (
        "weibo",
        "each=data.cards.mblog|data.cards.card_group.mblog|data.statuses|data.list|data.data|data|statuses|comments,\
         nested=comments,\
         text=(longText.longTextContent|text_raw|raw_text|text)+'//@'+retweeted_status.user.screen_name+':'+\
         (retweeted_status.longText.longTextContent|retweeted_status.text_raw|retweeted_status.raw_text|retweeted_status.text)\
         |(longText.longTextContent|text_raw|raw_text|text)+'//'+\
         (retweeted_status.longText.longTextContent|retweeted_status.text_raw|retweeted_status.raw_text|retweeted_status.text)\
         |longText.longTextContent|text_raw|raw_text|text|retweeted_status.longText.longTextContent|retweeted_status.text_raw|retweeted_status.text,\
         id=idstr|mid|id,channel=channel|'weibo',\
         in_reply_to=reply_comment.idstr|reply_comment.id|status.idstr,\
         thread=rootidstr|status.idstr|retweeted_status.idstr|retweeted_status.id,author.id=user.idstr|user.id,\
         author.name=user.screen_name|user.name,author.followers=user.followers_count|user.followers_count_str,\
         author.following=user.friends_count|user.follow_count,author.posts=user.statuses_count,\
         author.verified=user.verified,author.created_at=user.created_at,engagement.likes=attitudes_count|like_counts|like_count,\
         engagement.reposts=reposts_count,engagement.replies=comments_count|total_number,engagement.views=reads_count",
    ),
    // Threads of comments, or comments, of the data interface 3.
    (
        "youtube",
        "each=items,nested=replies.comments,\
         text=snippet.topLevelComment.snippet.textOriginal|snippet.topLevelComment.snippet.textDisplay\
         |snippet.textOriginal|snippet.textDisplay,id=snippet.topLevelComment.id|id,\
         created_at=snippet.topLevelComment.snippet.publishedAt|snippet.publishedAt,channel=channel|'youtube',\
         in_reply_to=snippet.parentId,thread=snippet.parentId|snippet.topLevelComment.id|id,\
         author.id=snippet.topLevelComment.snippet.authorChannelId.value|snippet.authorChannelId.value,\
         author.name=snippet.topLevelComment.snippet.authorDisplayName|snippet.authorDisplayName,\
         engagement.likes=snippet.topLevelComment.snippet.likeCount|snippet.likeCount,\
         engagement.replies=snippet.totalReplyCount",
    ),
    // Tickets, or comments of a ticket.
    (
        "zendesk",
        "each=tickets|comments|results,text=subject+'\\n\\n'+description|description|plain_body|body|subject,id=id,\
         created_at=created_at,channel=via[channel=email]?'mail'|via.channel|channel|'zendesk',thread=ticket_id|id,\
         author.id=requester_id|author_id|submitter_id,author.name=requester.name|author.name,\
         customer.id=requester.external_id,role=author[role=agent]?'agent'|author[role=admin]?'agent'|'customer'",
    ),
];
